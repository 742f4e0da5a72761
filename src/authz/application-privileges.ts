/**
 * Privileges of applications, which the applications themselves make up: names that stand for actions. A role grants them
 * on resources, also by patterns (Elasticsearch, "Create or update application privileges").
 */
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts'
import { checkNoFaults } from '../kernel/validation.ts'
import { readObject, readString, readStringArray } from './body-fields.ts'
import { readNames } from './indices-privileges.ts'
import { hasReservedKey } from './names.ts'
import { type Budget, coversPattern } from './pattern-coverage.ts'

/** What a role grants of an application. Its fields have the names of the wire. */
export type ApplicationPrivileges = { application: string; privileges: string[]; resources: string[] }

/** A privilege as an application defines it. */
export type ApplicationPrivilege = { application: string; name: string; actions: string[]; metadata: JsonObject }

/** What an application's privileges stand for, by application and name. */
export type KnownPrivileges = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>

const PREFIX = /^[a-z][A-Za-z0-9]*$/
const PRIVILEGE = /^[a-z][a-zA-Z0-9_.-]*$/
/** As in names of files. */
const REFUSED_IN_SUFFIX = /[\\/*?"<>| ,]/
const SHORTEST_PREFIX = 3

/** Reads what a role, or a check, says about applications. @throws SecurityError `body_unparsable` */
export function readApplications(role: string, field: string, value: Json): ApplicationPrivileges[] {
  return readEntries(role, field, value, ['application', 'privileges', 'resources']).map((entry) => ({
    application: readString('application', entry['application']),
    privileges: readNames(role, 'privileges', entry['privileges'] ?? null),
    resources: readNames(role, 'resources', entry['resources'] ?? null),
  }))
}

/** Reads a list of objects that have no fields but these. @throws SecurityError `body_unparsable` */
export function readEntries(role: string, field: string, value: Json, fields: readonly string[]): JsonObject[] {
  if (!Array.isArray(value) || !value.every((entry) => isJsonObject(entry))) {
    return refuse(`failed to parse role [${role}]. expected field [${field}] to be an array of objects`)
  }
  const unexpected = value.flatMap((entry) => Object.keys(entry)).find((name) => !fields.includes(name))
  if (unexpected !== undefined) refuse(`failed to parse role [${role}]. unexpected field [${unexpected}]`)
  return value
}

/**
 * Reads the body that defines privileges: `{application: {name: {actions, metadata}}}`.
 * @throws SecurityError `body_unparsable` for its form, `validation_failed` for what it says
 */
export function readDefinitions(body: unknown): ApplicationPrivilege[] {
  const definitions = Object.entries(readObject('privileges', body)).flatMap(([application, privileges]) =>
    Object.entries(readObject(application, privileges)).map(([name, fields]) =>
      readDefinition(application, name, readObject(name, fields)),
    ),
  )
  const faults = definitions.flatMap((definition) => listFaults(definition))
  checkNoFaults(definitions.length === 0 ? ['At least one application privilege must be provided'] : faults)
  return definitions
}

function readDefinition(application: string, name: string, fields: JsonObject): ApplicationPrivilege {
  // The names may be repeated inside: Elasticsearch shows them so, and takes back what it shows.
  const { actions = [], metadata = {}, application: sameApplication, name: sameName, ...others } = fields
  const unexpected = Object.keys(others)[0]
  if (unexpected !== undefined) refuse(`failed to parse privilege [${name}]. unexpected field [${unexpected}]`)
  if ((sameApplication ?? application) !== application || (sameName ?? name) !== name) {
    throw new SecurityError(
      'argument_illegal',
      `privilege [${application}:${name}] does not have the application and name under which it is sent`,
    )
  }
  const shown = metadata === null ? {} : readObject('metadata', metadata)
  return { application, name, actions: readStringArray('actions', actions), metadata: shown }
}

function listFaults({ application, name, actions, metadata }: ApplicationPrivilege): string[] {
  const faults = [
    findApplicationNameFault(application, 'name'),
    PRIVILEGE.test(name)
      ? undefined
      : `Application privilege names must match the pattern ${PRIVILEGE.source} (found '${name}')`,
    actions.length === 0 ? `Application privileges must have at least one action (found none in '${name}')` : undefined,
    ...actions.map((action) =>
      isAction(action) ? undefined : `action [${action}] must contain one of [ '/' , '*' , ':' ]`,
    ),
    hasReservedKey(metadata)
      ? `metadata keys may not start with [_] (in privilege [${application}:${name}])`
      : undefined,
  ]
  return faults.filter((fault) => fault !== undefined)
}

/** What is wrong with the name of an application; `undefined` if nothing. As a pattern it may end with `*`. */
export function findApplicationNameFault(application: string, as: 'name' | 'pattern'): string | undefined {
  if (application.trim() === '') return 'Application names cannot be blank'
  const asterisk = application.indexOf('*')
  if (asterisk >= 0) {
    if (as === 'name') return `Application names may not contain '*' (found '${application}')`
    if (application === '*') return undefined
    if (asterisk !== application.length - 1) {
      return `Application name patterns only support trailing wildcards (found '${application}')`
    }
  }
  if (/\s/.test(application)) return `Application names may not contain whitespace (found '${application}')`
  const [, start = '', suffix = ''] = /^([^-_]*)[-_]?(.*)$/s.exec(application) ?? []
  const prefix = start.replace('*', '')
  if (!PREFIX.test(prefix)) {
    return `An application name prefix must match the pattern ${PREFIX.source} (found '${prefix}')`
  }
  if (prefix.length < SHORTEST_PREFIX && asterisk < 0) {
    return `An application name prefix must be at least ${SHORTEST_PREFIX} characters long (found '${prefix}')`
  }
  if (!REFUSED_IN_SUFFIX.test(suffix.replace(/\*$/, ''))) return undefined
  return `An application name suffix may not contain any of the characters '\\/*?"<>| ,' (found '${suffix}')`
}

/** What is wrong with a privilege that a role grants; `undefined` if nothing. */
export function findPrivilegeOrActionFault(name: string): string | undefined {
  if (isAction(name) || PRIVILEGE.test(name)) return undefined
  return (
    'Application privilege names and actions must match the pattern ' +
    `${PRIVILEGE.source} or contain one of [ '/' , '*' , ':' ] (found '${name}')`
  )
}

/**
 * Whether one of the grants lets do on the resource all that the privilege stands for. A privilege that its application
 * does not define stands for nothing, so only a grant of everything has it.
 */
export function grantsApplicationPrivilege(
  grants: readonly ApplicationPrivileges[],
  wanted: { readonly application: string; readonly privilege: string; readonly resource: string },
  known: KnownPrivileges,
  budget?: Budget,
): boolean {
  const { application, privilege, resource } = wanted
  const listActions = (name: string) => known.get(application)?.get(name) ?? (isAction(name) ? [name] : [])
  const actions = listActions(privilege)
  return grants.some((grant) => {
    if (!coversPattern([grant.application], application, budget)) return false
    if (!coversPattern(grant.resources, resource, budget)) return false
    const granted = grant.privileges.flatMap((name) => listActions(name))
    if (granted.includes('*')) return true
    return actions.length > 0 && actions.every((action) => coversPattern(granted, action, budget))
  })
}

/** Actions and their patterns are told from names by one of these characters. */
function isAction(text: string): boolean {
  return /[/*:]/.test(text)
}

function refuse(message: string): never {
  throw new SecurityError('body_unparsable', message)
}
