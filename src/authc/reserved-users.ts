import type { User } from './authentication.ts'

const ROLES: Readonly<Record<string, readonly string[]>> = {
  elastic: ['superuser'],
  kibana: ['kibana_system'],
  kibana_system: ['kibana_system'],
  logstash_system: ['logstash_system'],
  beats_system: ['beats_system'],
  apm_system: ['apm_system'],
  remote_monitoring_user: ['remote_monitoring_collector', 'remote_monitoring_agent'],
}

const DEPRECATED: Readonly<Record<string, string>> = {
  kibana: 'Please use the [kibana_system] user instead.',
}

/** The users that are always there, in the order in which they are shown. Only their passwords can be changed. */
export const RESERVED_USERS: ReadonlyMap<string, User> = new Map(
  Object.entries(ROLES).map(([username, roles]) => {
    const reason = DEPRECATED[username]
    const deprecation = reason === undefined ? {} : { _deprecated: true, _deprecated_reason: reason }
    const metadata = { _reserved: true, ...deprecation }
    return [username, { username, roles, fullName: null, email: null, metadata, enabled: true }]
  }),
)

const INTERNAL_USERS: ReadonlySet<string> = new Set([
  '_system',
  '_xpack',
  '_xpack_security',
  '_security_profile',
  '_async_search',
  '_storage',
  '_data_stream_lifecycle',
  '_lazy_rollover',
  '_reindex_data_stream',
  '_synonyms',
])

/** Names by which a server calls itself: nobody may have them. */
export function isInternalUser(username: string): boolean {
  return INTERNAL_USERS.has(username)
}
