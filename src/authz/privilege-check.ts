/** "Has privileges": what somebody asks about, and the answer by roles (Elasticsearch, "Check user privileges"). */
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, type JsonObject, nameJsonToken } from '../kernel/json.ts'
import { checkNoFaults } from '../kernel/validation.ts'
import {
  type ApplicationPrivileges,
  findApplicationNameFault,
  grantsApplicationPrivilege,
  type KnownPrivileges,
  readApplications,
} from './application-privileges.ts'
import { findIndexPrivilegeFault, impliesIndexPrivilege } from './index-privileges.ts'
import { type IndicesPrivileges, readIndices, readNames } from './indices-privileges.ts'
import { type Budget, everyName } from './pattern-coverage.ts'
import { findClusterPrivilegeFault, impliesClusterPrivilege } from './privileges.ts'
import type { RoleDescriptor } from './role-descriptor.ts'

export interface PrivilegeCheck {
  readonly cluster: readonly string[]
  readonly index: readonly IndicesPrivileges[]
  readonly applications: readonly ApplicationPrivileges[]
}

export interface CheckResult {
  readonly all: boolean
  readonly cluster: JsonObject
  readonly index: JsonObject
  readonly application: JsonObject
}

/** Indices that belong to the system: only entries that say so are about them. */
const RESTRICTED = [
  '.async-search*',
  '.fleet-*',
  '.kibana*',
  '.ml-*',
  '.reporting-*',
  '.security',
  '.security-*',
  '.tasks*',
  '.triggered_watches*',
  '.watches*',
]
/** Every answer costs time, and comparing patterns more. */
const MAX_ANSWERS = 10_000
const MAX_PATTERNS = 200
/** For a whole check: some tenths of a second. */
const MAX_STEPS = 500_000

/**
 * @param username whom the check is about: part of the messages
 * @throws SecurityError `body_unparsable`, `validation_failed`, `argument_illegal`
 */
export function readPrivilegeCheck(username: string, body: unknown): PrivilegeCheck {
  const description = `${username}/has_privileges`
  const check = {
    cluster: [] as string[],
    index: [] as IndicesPrivileges[],
    applications: [] as ApplicationPrivileges[],
  }
  if (!isJsonObject(body)) {
    refuse(`failed to parse privileges check [${description}]. expected an object but found [${nameJsonToken(body)}]`)
  }
  for (const [field, value] of Object.entries(body)) {
    if (field === 'cluster') check.cluster = readNames(description, field, value)
    else if (field === 'index') check.index = readIndices(description, field, onlyNamesAndPrivileges(value))
    else if (field === 'application' || field === 'applications') {
      check.applications = readApplications(description, field, value)
    } else refuse(`failed to parse privileges check [${description}]. unexpected field [${field}]`)
  }
  if (Object.keys(body).length === 0) {
    const all = 'All privilege fields [cluster,index,applications] are missing'
    refuse(`failed to parse privileges check [${description}]. ${all}`)
  }
  checkContent(check)
  return check
}

/** @throws SecurityError `body_unparsable` for what a role may say about indices and a check may not */
function onlyNamesAndPrivileges(value: Json): Json {
  for (const entry of Array.isArray(value) ? value : []) {
    const field = ['field_security', 'query'].find((name) => isJsonObject(entry) && name in entry)
    if (field !== undefined) refuse(`Field [${field}] is not supported in a has_privileges request`)
  }
  return value
}

function checkContent({ cluster, index, applications }: PrivilegeCheck): void {
  if (cluster.length + index.length + applications.length === 0) {
    checkNoFaults(['must specify at least one privilege'])
  }
  const names = applications.map(({ application }) => findApplicationNameFault(application, 'name'))
  checkNoFaults(names.filter((fault) => fault !== undefined))
  const unknown =
    cluster.map((name) => findClusterPrivilegeFault(name)).find((fault) => fault !== undefined) ??
    index
      .flatMap(({ privileges }) => privileges.map((name) => findIndexPrivilegeFault(name)))
      .find((fault) => fault !== undefined)
  if (unknown !== undefined) throw new SecurityError('argument_illegal', unknown)
  checkSize({ cluster, index, applications })
}

function checkSize({ cluster, index, applications }: PrivilegeCheck): void {
  const answers = [
    cluster.length,
    ...index.map(({ names, privileges }) => names.length * privileges.length),
    ...applications.map(({ resources, privileges }) => resources.length * privileges.length),
  ].reduce((sum, count) => sum + count)
  const texts = [
    ...index.flatMap(({ names }) => names),
    ...applications.flatMap(({ resources, privileges }) => [...resources, ...privileges]),
  ]
  const patterns = new Set(texts.filter((text) => /[*?]/.test(text))).size
  if (answers <= MAX_ANSWERS && patterns <= MAX_PATTERNS) return
  throw new SecurityError(
    'argument_illegal',
    `a check may ask for at most ${MAX_ANSWERS} privileges and name at most ${MAX_PATTERNS} patterns`,
  )
}

/** @param known the privileges that the applications define */
export function checkPrivileges(
  roles: readonly RoleDescriptor[],
  check: PrivilegeCheck,
  known: KnownPrivileges,
): CheckResult {
  const budget = { steps: MAX_STEPS }
  const held = [...new Set(roles.flatMap((role) => role.cluster))]
  const cluster = tell(check.cluster, (privilege) => impliesClusterPrivilege(held, privilege, budget))
  const indexGrants = roles.flatMap((role) => role.indices)
  const index = merge(
    check.index.map(({ names, privileges, allow_restricted_indices: restricted }) =>
      tell(names, (name) => checkIndex(indexGrants, { name, restricted, privileges }, budget)),
    ),
  )
  const grants = roles.flatMap((role) => role.applications)
  const application = merge(
    check.applications.map(({ application: wanted, resources, privileges }) => ({
      [wanted]: tell(resources, (resource) =>
        tell(privileges, (privilege) =>
          grantsApplicationPrivilege(grants, { application: wanted, privilege, resource }, known, budget),
        ),
      ),
    })),
  )
  return { all: isAllTrue({ cluster, index, application }), cluster, index, application }
}

/** The privileges of all entries count of which each by itself covers every index that the name stands for. */
function checkIndex(
  grants: readonly IndicesPrivileges[],
  { name, restricted, privileges }: { name: string; restricted: boolean; privileges: readonly string[] },
  budget: Budget,
): JsonObject {
  const asksForNothing = !restricted && everyName(name, [RESTRICTED], ([system = false]) => system, budget)
  const covering = asksForNothing ? [] : grants.filter((grant) => covers(grant))
  const held = [...new Set(covering.flatMap((grant) => grant.privileges))]
  return tell(privileges, (privilege) => impliesIndexPrivilege(held, privilege, budget))

  function covers({ names, allow_restricted_indices: allowed }: IndicesPrivileges): boolean {
    if (names.includes('*') && (allowed || !restricted)) return true
    const isCovered = ([matched = false, system = false]: readonly boolean[]) =>
      (system && !restricted) || (matched && (allowed || !system))
    return everyName(name, [names, RESTRICTED], isCovered, budget)
  }
}

function tell(names: readonly string[], answer: (name: string) => Json): JsonObject {
  return Object.fromEntries(names.map((name) => [name, answer(name)]))
}

/** What is asked for in several entries is one answer. */
function merge(parts: readonly JsonObject[]): JsonObject {
  const merged: JsonObject = {}
  for (const [key, value] of parts.flatMap((part) => Object.entries(part))) {
    const before = Object.hasOwn(merged, key) ? merged[key] : undefined
    const both = isJsonObject(before) && isJsonObject(value) ? merge([before, value]) : value
    Object.defineProperty(merged, key, { value: both, enumerable: true, configurable: true, writable: true })
  }
  return merged
}

function isAllTrue(value: Json): boolean {
  return isJsonObject(value) ? Object.values(value).every((part) => isAllTrue(part)) : value === true
}

function refuse(message: string): never {
  throw new SecurityError('body_unparsable', message)
}
