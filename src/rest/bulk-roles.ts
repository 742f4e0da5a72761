/** `POST` and `DELETE /_security/role`: many roles in one call. What is wrong with one does not stop the others. */
import type { Roles } from '../authc/roles.ts'
import { isReservedRole } from '../authz/reserved-roles.ts'
import { readRoleDescriptor, type RoleDescriptor } from '../authz/role-descriptor.ts'
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts'
import { ApiError } from './api-error.ts'
import { OBJECT, TEXTS } from './body-shape.ts'
import { describeError } from './errors.ts'
import { checkRefresh } from './query.ts'
import { readObject, wrongType } from './request-body.ts'
import { describeRoleDeletion, describeRolePut } from './roles.ts'
import { defineRoute, type Route } from './route.ts'

const ACTION = 'cluster:admin/xpack/security/role/'

type Outcome = 'created' | 'updated' | 'noop' | 'deleted' | 'not_found'

interface Result {
  readonly name: string
  readonly outcome: Outcome | SecurityError
}

export function buildBulkRoleRoutes({ roles }: { roles: Roles }): Route[] {
  const put = defineRoute({
    summary: 'Create or update many roles',
    fields: { roles: OBJECT },
    methods: ['POST'],
    path: '/_security/role',
    parameters: ['refresh'],
    body: 'required',
    read({ query, body }) {
      checkRefresh(query)
      const parser = 'bulk_put_roles_request'
      const named = readObject(parser, body, ['roles'])['roles'] ?? null
      if (!isJsonObject(named)) throw wrongType(parser, 'roles', named)
      return Object.entries(named).map(([name, descriptor]) => ({ name, role: readRole(name, descriptor) }))
    },
    action: () => `${ACTION}bulk_put`,
    change: (entries) =>
      entries.flatMap(({ name, role }) => (role instanceof SecurityError ? [] : [describeRolePut(name, role)])),
    async act(entries) {
      const existing = new Map(
        (await roles.resolve(entries.map(({ name }) => name))).map(({ name, role }) => [name, role]),
      )
      const results = await Promise.all(
        entries.map(async ({ name, role }) => ({
          name,
          outcome: role instanceof SecurityError ? role : await putRole(name, role, existing.get(name)),
        })),
      )
      return { body: describeResults(results) }
    },
  })

  const remove = defineRoute({
    summary: 'Delete many roles',
    fields: { names: TEXTS },
    methods: ['DELETE'],
    path: '/_security/role',
    parameters: ['refresh'],
    body: 'required',
    read({ query, body }) {
      checkRefresh(query)
      const parser = 'bulk_delete_roles_request'
      const names = readObject(parser, body, ['names'])['names'] ?? null
      if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return [...new Set(names)]
      throw wrongType(parser, 'names', names)
    },
    action: () => `${ACTION}bulk_delete`,
    change: (names) => names.filter((name) => !isReservedRole(name)).map((name) => describeRoleDeletion(name)),
    async act(names) {
      const results = await Promise.all(names.map(async (name) => ({ name, outcome: await deleteRole(name) })))
      return { body: describeResults(results) }
    },
  })

  return [put, remove]

  async function putRole(name: string, role: RoleDescriptor, existing: RoleDescriptor | undefined): Promise<Outcome> {
    if (JSON.stringify(existing) === JSON.stringify(role)) return 'noop'
    const { created } = await roles.put(name, role)
    return created ? 'created' : 'updated'
  }

  async function deleteRole(name: string): Promise<Result['outcome']> {
    try {
      return (await roles.delete(name)) ? 'deleted' : 'not_found'
    } catch (error) {
      if (error instanceof SecurityError && error.reason === 'argument_illegal') return error
      throw error
    }
  }
}

/** The form of a role must be right, else nothing is done; what it says is judged for each by itself. */
function readRole(name: string, descriptor: Json): RoleDescriptor | SecurityError {
  try {
    return readRoleDescriptor(name, descriptor)
  } catch (error) {
    if (error instanceof SecurityError && error.reason === 'validation_failed') return error
    throw error
  }
}

function describeResults(results: readonly Result[]): JsonObject {
  const names: Partial<Record<Outcome, string[]>> = {}
  const details: [name: string, fault: JsonObject][] = []
  for (const { name, outcome } of results) {
    if (typeof outcome === 'string') (names[outcome] ??= []).push(name)
    else details.push([name, describeFault(outcome)])
  }
  if (details.length === 0) return names
  return { ...names, errors: { count: details.length, details: Object.fromEntries(details) } }
}

function describeFault(fault: SecurityError): JsonObject {
  const error = describeError(fault, { purpose: '' })
  return error instanceof ApiError ? { type: error.type, reason: error.message } : {}
}
