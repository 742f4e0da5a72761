/**
 * The LDAP realm: a directory tells who somebody is, whether the password is right, and to which groups the user belongs;
 * role mappings tell what that means. A directory that does not answer accepts nobody, and the next realm is asked.
 * Elasticsearch, "LDAP user authentication".
 */
import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import type { MappableUser } from '../authz/role-mapping.ts'
import type { Clock } from '../kernel/clock.ts'
import type { JsonObject } from '../kernel/json.ts'
import { equalSecrets } from '../kernel/random.ts'
import type { Conversation, DirectoryEntry, LdapDirectory } from '../net/ldap-directory.ts'
import type { Log } from '../observe/log.ts'
import type { LdapRealmSettings } from '../settings/settings.ts'
import type { User } from './authentication.ts'
import type { PasswordRealm } from './realms.ts'

/** What the directory says about somebody. */
interface Person {
  readonly dn: string
  readonly groups: readonly string[]
  readonly fullName: string | null
  readonly email: string | null
  readonly attributes: JsonObject
}

interface Remembered {
  readonly person: Person
  /** A keyed digest of the password that was right. */
  readonly digest: Uint8Array
  readonly since: number
}

const MAX_REMEMBERED = 100_000
const LONGEST_NAME = 1024

export function createLdapRealm({
  settings,
  directory,
  roleMappings,
  clock,
  log,
}: {
  settings: LdapRealmSettings
  directory: LdapDirectory
  roleMappings: { mapRoles(user: MappableUser): Promise<string[]> }
  clock: Clock
  log: Log
}): PasswordRealm {
  const { name, attributes, groups: groupSearch } = settings
  const key = createSecretKey(randomBytes(32))
  const remembered = new Map<string, Remembered>()

  return {
    ref: { name, type: 'ldap' },
    async authenticate(username, password) {
      if (password === '') return undefined
      const digest = createHmac('sha256', key).update(password).digest()
      const person = recall(username, digest) ?? (await identify(username, password))
      if (person === undefined) return undefined
      remember(username, { person, digest, since: clock() })
      return buildUser(username, person)
    },
    async lookup(username) {
      const person = await ask(username, async (conversation) => {
        const entry = await findUser(conversation, username)
        return entry && readPerson(conversation, entry)
      })
      return person && buildUser(username, person)
    },
    clearCache(usernames) {
      if (usernames === undefined) remembered.clear()
      for (const username of usernames ?? []) remembered.delete(username)
    },
  }

  function identify(username: string, password: string): Promise<Person | undefined> {
    return ask(username, async (conversation) => {
      const entry = await findUser(conversation, username)
      if (entry === undefined || !(await conversation.checkPassword(entry.dn, password))) return undefined
      return readPerson(conversation, entry)
    })
  }

  /** Trouble with the directory is the operator's to know, and no answer about the user. */
  async function ask<T>(username: string, question: (conversation: Conversation) => Promise<T>) {
    if (username === '' || username.length > LONGEST_NAME) return undefined
    try {
      return await directory.converse(question)
    } catch (error) {
      log.warn({ err: error, 'ostiary.realm': name }, `The directory of the realm [${name}] could not be asked`)
      return undefined
    }
  }

  /** Two entries of one name would be a choice that nobody made. */
  async function findUser(conversation: Conversation, username: string): Promise<DirectoryEntry | undefined> {
    const wanted = [attributes.fullName, attributes.email, ...attributes.metadata]
    const ofGroups = groupSearch === undefined ? attributes.groups : (groupSearch.userAttribute ?? attributes.fullName)
    const [entry, another] = await conversation.search(settings.users, username, [...new Set([...wanted, ofGroups])])
    if (another === undefined) return entry
    throw new Error(`more than one entry was found for a user: [${entry?.dn}], [${another.dn}]`)
  }

  async function readPerson(conversation: Conversation, entry: DirectoryEntry): Promise<Person> {
    const known = attributes.metadata.map((attribute) => [attribute, entry.values(attribute)] as const)
    return {
      dn: entry.dn,
      groups: await findGroups(conversation, entry),
      fullName: entry.values(attributes.fullName)[0] ?? null,
      email: entry.values(attributes.email)[0] ?? null,
      attributes: Object.fromEntries(
        known.flatMap(([attribute, values]) => (values.length === 0 ? [] : [[attribute, oneOrMany(values)]])),
      ),
    }
  }

  async function findGroups(conversation: Conversation, entry: DirectoryEntry): Promise<readonly string[]> {
    if (groupSearch === undefined) return entry.values(attributes.groups)
    const { userAttribute } = groupSearch
    const member = userAttribute === undefined ? entry.dn : entry.values(userAttribute)[0]
    if (member === undefined) return []
    const groups = await conversation.search(groupSearch, member, [])
    return groups.map(({ dn }) => dn)
  }

  /** Roles are mapped anew each time: a changed mapping counts at once, whatever is remembered of the directory. */
  async function buildUser(username: string, person: Person): Promise<User> {
    const { dn, groups, fullName, email } = person
    const metadata = { ...person.attributes, ldap_dn: dn, ldap_groups: [...groups] }
    const mapped = await roleMappings.mapRoles({ username, dn, groups, metadata, realm: { name } })
    const named = settings.unmappedGroupsAsRoles ? groups.map((group) => nameOfGroup(group)) : []
    return { username, roles: [...new Set([...mapped, ...named])], fullName, email, metadata, enabled: true }
  }

  function recall(username: string, digest: Uint8Array): Person | undefined {
    const known = remembered.get(username)
    if (known === undefined || !counts(known)) return undefined
    return equalSecrets(known.digest, digest) ? known.person : undefined
  }

  /** A clock that was set back tells nothing of how long it has been. */
  function counts({ since }: Remembered): boolean {
    const age = clock() - since
    return age >= 0 && age < settings.cacheTtl
  }

  /** The oldest comes first. */
  function forgetOld(): void {
    for (const [username, known] of remembered) {
      if (counts(known)) return
      remembered.delete(username)
    }
  }

  function remember(username: string, { person, digest, since }: Remembered): void {
    const known = remembered.get(username)
    // What is remembered ends when it was to end, however often it is used.
    if (settings.cacheTtl === 0 || known?.person === person) return
    remembered.delete(username)
    forgetOld()
    const oldest = remembered.size < MAX_REMEMBERED ? undefined : remembered.keys().next().value
    if (oldest !== undefined) remembered.delete(oldest)
    remembered.set(username, { person, digest, since })
  }
}

/** The value of the leaf: `admins` of `cn=admins,dc=example`. */
function nameOfGroup(dn: string): string {
  const value = /^[^=]*=((?:\\.|[^,+\\])*)/.exec(dn)?.[1] ?? dn
  return value.replaceAll(/((?:\\[\da-f]{2})+)|\\(.)/gi, (_escape, bytes?: string, character?: string) =>
    bytes === undefined ? (character ?? '') : Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString(),
  )
}

function oneOrMany(values: readonly string[]): string | string[] {
  const [first = '', ...others] = values
  return others.length === 0 ? first : [first, ...others]
}
