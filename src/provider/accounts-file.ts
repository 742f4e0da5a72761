/**
 * Reads the accounts file: YAML, `users.<login name>` with `password_hash`, `sub`, `enabled` and `claims`. Pure.
 */
import { isMap, isScalar, type Document, type Pair } from 'yaml'
import { checkPasswordHash } from '../authc/password.ts'
import { isJsonObject, type JsonObject } from '../kernel/json.ts'
import { SettingsError, type SettingsProblem } from '../settings/settings-error.ts'
import { parseYamlText } from '../settings/yaml-text.ts'

export interface Account {
  /** What the person types in. */
  readonly name: string
  /** `sub`: never given to another person. */
  readonly subject: string
  readonly claims: JsonObject
  /** Tells this person from one who had the subject before; absent where subjects are never given again. */
  readonly incarnation?: string
}

/** An account as the file has it. */
export interface FileAccount extends Account {
  readonly passwordHash: string
  readonly enabled: boolean
}

/** How a person is addressed. */
export function displayName({ claims, name }: Account): string {
  return typeof claims['name'] === 'string' ? claims['name'] : name
}

const KEYS = new Set(['password_hash', 'sub', 'enabled', 'claims'])

/** Claims of the protocol, which an account cannot choose. OpenID Connect Core 1.0 §2. */
const PROTOCOL_CLAIMS = new Set('iss sub aud exp iat nbf jti auth_time nonce acr amr azp sid at_hash c_hash'.split(' '))

// OpenID Connect Core 1.0 §2: at most 255 ASCII characters.
const SUBJECT = /^[\x21-\x7E]{1,255}$/

/** @throws SettingsError with every fault, each naming its line and user */
export function readAccounts(text: string, file: string): FileAccount[] {
  // A login name is what is written, also if YAML would take it for a number.
  const { document, problems: faults, lineOf } = parseYamlText(text, { stringKeys: true })
  const problems = [...faults]
  const accounts: FileAccount[] = []
  const subjects = new Map<string, string>()

  if (problems.length === 0) {
    for (const pair of readUsers(document, problems)) {
      const name = isScalar(pair.key) ? String(pair.key.value) : ''
      const where = lineOf(startOf(pair.key))
      const refuse = (key: string, fault: string) =>
        problems.push({ setting: `users.${name}${key}`, where, text: fault })
      const account = readAccount(name, pair.value, document, refuse)
      if (account === undefined) continue
      const owner = subjects.get(account.subject)
      if (owner !== undefined) refuse('.sub', `is also the [sub] of [${owner}]; each user needs one of its own`)
      subjects.set(account.subject, name)
      accounts.push(account)
    }
  }
  if (problems.length > 0) throw new SettingsError(file, problems)
  return accounts
}

function readUsers(document: Document, problems: SettingsProblem[]): Pair[] {
  const root = document.contents
  if (root === null) return []
  const users = isMap(root) && root.items.length === 1 ? root.get('users') : undefined
  if (isMap(users)) return users.items
  if (isMap(root) && isScalar(root.items[0]?.key) && root.items[0].key.value === 'users' && !users) return []
  problems.push({ setting: 'users', where: 'line 1', text: 'expected [users] with one entry for each login name' })
  return []
}

function readAccount(
  name: string,
  node: unknown,
  document: Document,
  refuse: (key: string, fault: string) => void,
): FileAccount | undefined {
  const value: unknown = isMap(node) ? node.toJS(document) : undefined
  if (name === '' || !isJsonObject(value)) {
    refuse('', 'expected a login name with [password_hash] and [claims]')
    return undefined
  }
  const { password_hash: hash, sub = name, enabled = true, claims = {} } = value
  const faults: [key: string, fault: string | undefined][] = [
    ...Object.keys(value).map((key): [string, string | undefined] => [key, faultOfKey(key)]),
    ['password_hash', faultOfHash(hash)],
    ['sub', faultOfSubject(sub)],
    ['enabled', typeof enabled === 'boolean' ? undefined : 'expected true or false'],
    ['claims', faultOfClaims(claims)],
  ]
  for (const [key, fault] of faults) if (fault !== undefined) refuse(`.${key}`, fault)
  if (typeof hash !== 'string' || typeof sub !== 'string' || typeof enabled !== 'boolean') return undefined
  if (!isJsonObject(claims) || faults.some(([, fault]) => fault !== undefined)) return undefined
  return { name, subject: sub, passwordHash: hash, enabled, claims }
}

function faultOfKey(key: string): string | undefined {
  return KEYS.has(key) ? undefined : `unknown; known are ${[...KEYS].join(', ')}`
}

function faultOfSubject(sub: unknown): string | undefined {
  return typeof sub === 'string' && SUBJECT.test(sub) ? undefined : 'expected 1 to 255 printable ASCII characters'
}

/** A password in clear text is refused like any other text that is no hash. */
function faultOfHash(hash: unknown): string | undefined {
  try {
    if (typeof hash !== 'string') return 'missing'
    checkPasswordHash(hash)
    return undefined
  } catch {
    return 'expected the hash of a password; [ostiary users hash-password] makes one'
  }
}

function faultOfClaims(claims: unknown): string | undefined {
  if (!isJsonObject(claims)) return 'expected names and values'
  const reserved = Object.keys(claims).filter((claim) => PROTOCOL_CLAIMS.has(claim))
  if (reserved.length > 0) return `cannot set ${reserved.join(', ')}`
  const { groups } = claims
  if (groups === undefined || (Array.isArray(groups) && groups.every((group) => typeof group === 'string'))) {
    return undefined
  }
  return '[groups] must be a list of names'
}

function startOf(node: unknown): number {
  return isScalar(node) ? (node.range?.[0] ?? 0) : 0
}
