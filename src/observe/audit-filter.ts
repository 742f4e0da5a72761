/** Which audit events are written: those that are included, not excluded, and covered by no ignore filter. */
import { matchesNamePattern } from '../authz/name-pattern.ts'
import type { AuditIgnoreFilter, AuditSettings } from '../settings/settings.ts'
import type { AuditEvent } from './audit.ts'

/** Which field of an event each part of an ignore filter looks at. */
const FILTERED: Readonly<Record<keyof AuditIgnoreFilter, string>> = {
  users: 'user.name',
  realms: 'user.realm',
  roles: 'user.roles',
  indices: 'indices',
  actions: 'action',
}

export function createAuditFilter({
  include,
  exclude,
  ignoreFilters,
}: Pick<AuditSettings, 'include' | 'exclude' | 'ignoreFilters'>): (event: AuditEvent) => boolean {
  const isNamed = (names: ReadonlySet<string>, event: AuditEvent) =>
    names.has('_all') || names.has(event['event.type']) || names.has(nameForLists(event))
  const ignores = ignoreFilters.map((filter) => createIgnore(filter))

  return (event) => {
    if (!isNamed(include, event) || isNamed(exclude, event)) return false
    // A change of who may do what is never hidden.
    return event['event.type'] === 'security_config_change' || !ignores.some((ignore) => ignore(event))
  }
}

/** What calls of the process to itself were granted is asked for under a name of its own. */
function nameForLists(event: AuditEvent): string {
  const { 'event.action': action, 'authentication.type': authenticationType } = event
  return action === 'access_granted' && authenticationType === 'INTERNAL' ? 'system_access_granted' : action
}

/** Covers an event if every part of the filter does; of a field with many values, each must be covered. */
function createIgnore(filter: AuditIgnoreFilter): (event: AuditEvent) => boolean {
  const parts = (Object.keys(FILTERED) as (keyof AuditIgnoreFilter)[]).flatMap((part) => {
    const patterns = filter[part]
    return patterns === undefined ? [] : [{ field: FILTERED[part], patterns }]
  })
  return (event) =>
    parts.every(({ field, patterns }) =>
      readValues(event[field]).every((value) => patterns.some((pattern) => matchesNamePattern(pattern, value))),
    )
}

/** An event without the field counts as one with an empty text. */
function readValues(value: AuditEvent[string]): readonly string[] {
  if (typeof value === 'string') return [value]
  const texts = Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
  return texts.length === 0 ? [''] : texts
}
