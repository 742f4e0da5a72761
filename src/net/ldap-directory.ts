/**
 * A directory that is asked by LDAP (RFC 4511): one connection for each conversation, bounded in number and in time. The
 * servers are asked in their order, beginning with the one that answered last. It follows no referral, and never sends an
 * empty password, which a server would take for an anonymous bind (RFC 4513 §5.1.2).
 */
import { Client, type Entry, Filter, FilterParser, InvalidCredentialsError } from 'ldapts'
import { timerMilliseconds } from '../kernel/duration.ts'
import type { LdapRealmSettings, LdapSearchSettings } from '../settings/settings.ts'
import { createConnectionSlots } from './connection-slots.ts'
import { createTrust } from './trust.ts'

const MAX_CONNECTIONS = 20
const PAGE_SIZE = 500
/** Of one search. */
const MAX_PAGES = 40

export interface DirectoryEntry {
  readonly dn: string
  /** The texts of an attribute; none if it is absent. */
  values(attribute: string): readonly string[]
}

export interface Conversation {
  /**
   * @param value what `{0}` in the filter stands for; it is escaped (RFC 4515 §3)
   * @param attributes the only ones that are asked for
   */
  search(of: LdapSearchSettings, value: string, attributes: readonly string[]): Promise<DirectoryEntry[]>
  /** The entry of that DN, for directories that are asked for it alone. @returns whether the password is right */
  checkPassword(dn: string, password: string): Promise<boolean>
}

export interface LdapDirectory {
  /** Speaks to the first server that answers. @throws Error if none does, or if what is asked fails */
  converse<T>(ask: (conversation: Conversation) => Promise<T>): Promise<T>
}

/** @throws Error if a filter cannot be used */
export function createLdapDirectory(settings: LdapRealmSettings): LdapDirectory {
  const connectTimeout = timerMilliseconds(settings.connectTimeout)
  const slots = createConnectionSlots({ total: MAX_CONNECTIONS, perOrigin: MAX_CONNECTIONS, wait: connectTimeout })
  const trust = settings.urls.some((url) => /^ldaps:/i.test(url))
    ? createTrust(settings.trust, settings.trust.tls)
    : undefined
  for (const { filter } of [settings.users, settings.groups ?? settings.users]) checkFilter(filter)
  let preferred = 0

  return {
    async converse(ask) {
      const release = await slots.take(settings.name)
      try {
        const client = await open()
        try {
          return await ask(createConversation(client))
        } finally {
          await client.unbind().catch(() => undefined)
        }
      } finally {
        release()
      }
    },
  }

  /** A connection on which whoever searches is known. */
  async function open(): Promise<Client> {
    const { urls } = settings
    // Others may come to prefer another one meanwhile.
    const first = preferred
    let failure: unknown
    for (let at = 0; at < urls.length; at += 1) {
      const index = (first + at) % urls.length
      const client = createClient(urls[index] ?? '')
      try {
        await bind(client)
        preferred = index
        return client
      } catch (error) {
        await client.unbind().catch(() => undefined)
        failure = error
        // Another server would not know the password either.
        if (error instanceof InvalidCredentialsError) break
      }
    }
    throw new Error(`no LDAP server of [${urls.join(', ')}] lets us search`, { cause: failure })
  }

  function createClient(url: string): Client {
    return new Client({
      url,
      connectTimeout,
      timeout: timerMilliseconds(Math.max(settings.readTimeout, settings.searchTimeout)),
      ...(trust !== undefined && /^ldaps:/i.test(url) && { tlsOptions: { ...trust } }),
    })
  }

  async function bind(client: Client): Promise<void> {
    await client.bind(settings.bind?.dn ?? '', settings.bind?.password ?? '')
  }

  function createConversation(client: Client): Conversation {
    return {
      async search({ base, scope, filter }, value, attributes) {
        // The library would connect again by itself, and then search as nobody.
        if (!client.isConnected) throw new Error('the LDAP server has closed the connection')
        const pages = client.searchPaginated(base, {
          scope: SCOPES[scope],
          filter: fillFilter(filter, value),
          attributes: attributes.length === 0 ? ['1.1'] : [...attributes],
          timeLimit: Math.ceil(settings.searchTimeout),
          paged: { pageSize: PAGE_SIZE },
        })
        const found: DirectoryEntry[] = []
        let left = MAX_PAGES
        for await (const { searchEntries } of pages) {
          found.push(...searchEntries.map((entry) => readEntry(entry)))
          left -= 1
          if (left === 0) throw new Error(`a search below [${base}] has more than ${MAX_PAGES} pages`)
        }
        return found
      },
      async checkPassword(dn, password) {
        if (password === '') return false
        try {
          await client.bind(dn, password)
        } catch (error) {
          if (error instanceof InvalidCredentialsError) return false
          throw error
        }
        await bind(client)
        return true
      },
    }
  }
}

const SCOPES = { sub_tree: 'sub', one_level: 'one', base: 'base' } as const

function fillFilter(filter: string, value: string): string {
  return filter.replaceAll('{0}', () => Filter.escape(value))
}

function checkFilter(filter: string): void {
  try {
    FilterParser.parseString(fillFilter(filter, 'name'))
  } catch (cause) {
    throw new Error(`the filter [${filter}] cannot be used`, { cause })
  }
}

/** Names of attributes have no letter case. RFC 4512 §2.5. */
function readEntry(entry: Entry): DirectoryEntry {
  const { dn, ...attributes } = entry
  const byName = new Map(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), value]))
  return {
    dn,
    values(attribute) {
      const found = byName.get(attribute.toLowerCase())
      if (found === undefined) return []
      return (Array.isArray(found) ? found : [found]).map((value) => value.toString())
    },
  }
}
