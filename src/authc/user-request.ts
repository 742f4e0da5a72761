/** The bodies of the calls that write users (Elasticsearch, "Create or update users", "Change passwords"). */
import { readBoolean, readObject, readString, readStringArray } from '../authz/body-fields.ts'
import { hasReservedKey } from '../authz/names.ts'
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, type JsonObject, nameJsonToken } from '../kernel/json.ts'
import { checkNoFaults } from '../kernel/validation.ts'
import { checkPassword, checkPasswordHash, hashPassword } from './password.ts'

/** A new password, in clear or already hashed. */
export type NewPassword = { readonly plain: string } | { readonly hash: string }

export interface UserRequest {
  /** Absent: the user keeps the one that is there. */
  readonly password: NewPassword | undefined
  readonly roles: readonly string[]
  readonly fullName: string | null
  readonly email: string | null
  readonly metadata: JsonObject
  readonly enabled: boolean
}

/** @throws SecurityError `body_unparsable`, `argument_illegal`, `entry_invalid`, `validation_failed` */
export function readUserRequest(username: string, body: unknown): UserRequest {
  const fields = {
    password: undefined as NewPassword | undefined,
    roles: undefined as string[] | undefined,
    fullName: null as string | null,
    email: null as string | null,
    metadata: {} as JsonObject,
    enabled: true,
  }
  for (const [field, value] of listFields('add user', body)) {
    switch (field) {
      case 'password':
      case 'password_hash':
        fields.password = readPassword(field, value, fields.password)
        break
      case 'roles':
        fields.roles = typeof value === 'string' ? splitList(value) : readStringArray(field, value)
        break
      case 'full_name':
        fields.fullName = value === null ? null : readString(field, value)
        break
      case 'email':
        fields.email = value === null ? null : readString(field, value)
        break
      case 'metadata':
        fields.metadata = value === null ? {} : readObject(field, value)
        break
      case 'enabled':
        fields.enabled = readBoolean(field, value)
        break
      case 'username':
        checkSameName(username, readString(field, value))
        break
      default:
        refuseField('add user', field)
    }
  }
  const { roles, ...others } = fields
  checkNoFaults([
    ...(roles === undefined ? ['roles are missing'] : []),
    ...(hasReservedKey(fields.metadata) ? ['metadata keys may not start with [_]'] : []),
  ])
  return { ...others, roles: roles ?? [] }
}

/** @throws SecurityError `body_unparsable`, `argument_illegal`, `entry_invalid`, `validation_failed` */
export function readPasswordRequest(body: unknown): NewPassword {
  let password: NewPassword | undefined
  for (const [field, value] of listFields('change password', body)) {
    if (field !== 'password' && field !== 'password_hash') refuseField('change password', field)
    password = readPassword(field, value, password)
  }
  if (password !== undefined) return password
  throw new SecurityError('validation_failed', 'Validation Failed: 1: password is missing;')
}

/** What is kept of a new password. */
export async function buildPasswordHash(password: NewPassword): Promise<string> {
  return 'hash' in password ? password.hash : hashPassword(password.plain)
}

function listFields(request: string, body: unknown): [string, Json][] {
  if (isJsonObject(body)) return Object.entries(body)
  const found = nameJsonToken(body)
  throw new SecurityError(
    'body_unparsable',
    `failed to parse ${request} request. expected an object but found [${found}] instead`,
  )
}

function refuseField(request: string, field: string): never {
  throw new SecurityError('body_unparsable', `failed to parse ${request} request. unexpected field [${field}]`)
}

function readPassword(field: 'password' | 'password_hash', value: Json, already: NewPassword | undefined): NewPassword {
  const text = readString(field, value)
  if (already !== undefined) checkNoFaults(['password_hash has already been set'], 'entry_invalid')
  if (field === 'password') {
    checkPassword(text)
    return { plain: text }
  }
  checkPasswordHash(text)
  return { hash: text }
}

function splitList(text: string): string[] {
  return text === '' ? [] : text.split(',')
}

function checkSameName(username: string, inBody: string): void {
  if (inBody === username) return
  throw new SecurityError('argument_illegal', `[username] in source does not match the username provided [${username}]`)
}
