/** The settings of an LDAP realm: a directory that knows users, their passwords and their groups. */
import { buildClientTlsRows } from './client-tls-settings.ts'
import { buildRealmRows } from './realm-rows.ts'
import { boolean, checked, list, oneOf, text, time } from './setting-types.ts'
import { setting } from './setting.ts'
import { ValueError } from './settings-error.ts'

export const LDAP_PREFIX = 'xpack.security.authc.realms.ldap.<realm>.'

const SCOPES = ['sub_tree', 'one_level', 'base'] as const
const GROUP_FILTER =
  '(&(|(objectclass=groupOfNames)(objectclass=groupOfUniqueNames)(objectclass=group)(objectclass=posixGroup))' +
  '(|(uniqueMember={0})(member={0})(memberUid={0})))'

const urls = checked(list, 'list of `ldap://` and `ldaps://` URLs', (found, key) => {
  const wrong = found.find((url) => !/^ldaps?:\/\/[^/?#\s]+\/?$/i.test(url) || !URL.canParse(url))
  if (wrong !== undefined)
    throw new ValueError(`Invalid value [${wrong}] for [${key}]: expected [ldap://host:port] or [ldaps://host:port]`)
  if (new Set(found.map((url) => new URL(url).protocol)).size > 1)
    throw new ValueError(`[${key}]: configured LDAP protocols are not all equal (ldaps://.. and ldap://..)`)
})

/** Where the realm speaks TLS. */
export const LDAP_TLS = buildClientTlsRows(`${LDAP_PREFIX}ssl.`, 'the directory')

export const LDAP = {
  ...buildRealmRows(LDAP_PREFIX),
  url: setting({
    key: `${LDAP_PREFIX}url`,
    type: urls,
    default: [],
    required: (key) => `missing required setting [${key}]`,
    description: 'The servers, `ldaps://host:636` or `ldap://host:389`. If one does not answer, the next is asked.',
  }),
  bindDn: setting({
    key: `${LDAP_PREFIX}bind_dn`,
    type: text,
    defaultText: 'anonymous',
    description: 'Who searches for users and groups.',
  }),
  bindPassword: setting({
    key: `${LDAP_PREFIX}secure_bind_password`,
    type: text,
    secure: true,
    description: 'The password of `bind_dn`.',
  }),
  userBase: setting({
    key: `${LDAP_PREFIX}user_search.base_dn`,
    type: text,
    default: '-',
    required: (key) => `missing required setting [${key}]`,
    description: 'Where users are.',
  }),
  userScope: setting({
    key: `${LDAP_PREFIX}user_search.scope`,
    type: oneOf(SCOPES),
    default: 'sub_tree',
    description: 'How deep below `user_search.base_dn` users are searched for.',
  }),
  userFilter: setting({
    key: `${LDAP_PREFIX}user_search.filter`,
    type: text,
    default: '(uid={0})',
    description: 'What finds a user; `{0}` stands for the name.',
  }),
  userAttribute: setting({
    key: `${LDAP_PREFIX}user_search.attribute`,
    type: text,
    description: 'Shorter than the filter: the attribute that has the name.',
  }),
  userFullName: setting({
    key: `${LDAP_PREFIX}user_full_name_attribute`,
    type: text,
    default: 'cn',
    description: "The attribute of the user's full name.",
  }),
  userEmail: setting({
    key: `${LDAP_PREFIX}user_email_attribute`,
    type: text,
    default: 'mail',
    description: "The attribute of the user's mail address.",
  }),
  userGroups: setting({
    key: `${LDAP_PREFIX}user_group_attribute`,
    type: text,
    default: 'memberOf',
    description: 'The attribute of the user that names its groups, where `group_search.base_dn` is not set.',
  }),
  groupBase: setting({
    key: `${LDAP_PREFIX}group_search.base_dn`,
    type: text,
    description: 'Where groups are. Without it the user’s own entry names them.',
  }),
  groupScope: setting({
    key: `${LDAP_PREFIX}group_search.scope`,
    type: oneOf(SCOPES),
    default: 'sub_tree',
    description: 'How deep below `group_search.base_dn` groups are searched for.',
  }),
  groupFilter: setting({
    key: `${LDAP_PREFIX}group_search.filter`,
    type: text,
    default: GROUP_FILTER,
    description: 'What finds the groups of a user; `{0}` stands for the DN of the user, or for its `user_attribute`.',
  }),
  groupUserAttribute: setting({
    key: `${LDAP_PREFIX}group_search.user_attribute`,
    type: text,
    defaultText: 'the DN',
    description: 'The attribute of the user that the group filter takes.',
  }),
  metadata: setting({
    key: `${LDAP_PREFIX}metadata`,
    type: list,
    default: [],
    description: "Attributes that are shown in the user's metadata, beside `ldap_dn` and `ldap_groups`.",
  }),
  unmappedGroupsAsRoles: setting({
    key: `${LDAP_PREFIX}unmapped_groups_as_roles`,
    type: boolean,
    default: 'false',
    description: 'Whether the names of groups, which end at the first comma of their DN, are roles as well.',
  }),
  followReferrals: setting({
    key: `${LDAP_PREFIX}follow_referrals`,
    type: oneOf(['false']),
    default: 'false',
    description: 'Referrals to other servers are never followed: they would be given the passwords.',
  }),
  connectTimeout: setting({
    key: `${LDAP_PREFIX}timeout.tcp_connect`,
    type: time('1ms'),
    default: '5s',
    description: 'How long a connection may take, TLS included.',
  }),
  readTimeout: setting({
    key: `${LDAP_PREFIX}timeout.tcp_read`,
    type: time('1ms'),
    defaultText: 'as `timeout.ldap_search`',
    description: 'How long an answer may take.',
  }),
  searchTimeout: setting({
    key: `${LDAP_PREFIX}timeout.ldap_search`,
    type: time('1ms'),
    default: '5s',
    description: 'How long the server may search.',
  }),
  cacheTtl: setting({
    key: `${LDAP_PREFIX}cache.ttl`,
    type: time(),
    default: '20m',
    description: 'How long what the directory said about a user counts. `0s`: it is asked every time.',
  }),
  ...LDAP_TLS,
}
