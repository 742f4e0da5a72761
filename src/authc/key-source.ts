/** Where the keys of a provider come from: a file that is watched, or a URL that is fetched when it is needed. */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import type { Clock } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { Outbound } from '../net/outbound.ts'
import type { Log } from '../observe/log.ts'
import { readKeySet, type KeySet } from '../oidc/jwks.ts'

export interface KeySource {
  /** The keys as they are known now; none before the first fetch came back. */
  keys(): KeySet
  /**
   * Asks for newer keys because those that are known do not fit a token.
   * @returns whether a fetch brought keys; `false` at once if there may be none now, or the keys come from a file
   */
  renew(): Promise<boolean>
  close(): void
}

/** Seconds. */
const REFRESH = { shortest: 300, longest: 86_400 }
/** Two demanded fetches in a row, as a provider may rotate its keys right after a fetch; then one in ten seconds. */
const DEMANDS = { most: 2, every: 10 }
/** Milliseconds between two looks at a file. */
const FILE_INTERVAL = 2000

/**
 * @param parts `location`: an `https` URL, one with `http` of this machine, or a file below the configuration directory
 * @throws SecurityError `argument_illegal` if the file cannot be used
 */
export function createKeySource(parts: {
  readonly location: string
  readonly configDirectory: string
  readonly outbound: Outbound
  readonly clock: Clock
  readonly log: Log
}): KeySource {
  return /^https?:/i.test(parts.location) ? createUrlKeySource(parts) : createFileKeySource(parts)
}

/**
 * Keys from a file below the configuration directory, looked at every two seconds: by its content, as a watcher could
 * miss a change between the first reading and its own start. A bad new version is logged once, and the old keys stay.
 */
function createFileKeySource(parts: {
  readonly location: string
  readonly configDirectory: string
  readonly log: Log
}): KeySource {
  const { log } = parts
  const file = resolve(parts.configDirectory, parts.location)
  let { text: seen, keys } = readFirst(parts.configDirectory, file)
  const look = async () => {
    try {
      // A file that cannot be read is as good as an empty one, which is no key set either.
      const text = await readFile(file, 'utf8').catch(() => '')
      if (text === seen) return
      seen = text
      keys = readKeySet(text)
      log.info({ 'file.path': file }, 'The JWK set was reloaded')
    } catch (error) {
      log.warn({ err: error, 'file.path': file }, `An error occurred while reloading file ${file}`)
    }
  }
  const timer = setInterval(() => void look(), FILE_INTERVAL).unref()
  return {
    keys: () => keys,
    renew: () => Promise.resolve(false),
    close: () => clearInterval(timer),
  }
}

/**
 * Keys from a URL: fetched now, in the background as often as the provider says, and on demand. On any error the old
 * keys stay.
 * @throws SecurityError `argument_illegal` if the keys could be changed on their way
 */
export function createUrlKeySource(parts: {
  readonly location: string
  readonly outbound: Outbound
  readonly clock: Clock
  readonly log: Log
}): KeySource {
  const { location: url, outbound, clock, log } = parts
  let keys: KeySet = []
  let fetching: Promise<boolean> | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let demands = { left: DEMANDS.most, at: clock() }

  /** Parallel demands share one fetch. */
  const fetch = () => (fetching ??= fetchKeys().finally(() => (fetching = undefined)))
  const fetchKeys = async () => {
    const answer = await fetchKeySet(url, outbound).catch((error: unknown) => {
      log.warn({ err: error, 'url.full': url }, 'Failed to retrieve remote JWK set.')
    })
    if (answer !== undefined) keys = answer.keys
    clearTimeout(timer)
    const delay = answer === undefined ? REFRESH.shortest : refreshAfter(answer.cacheControl)
    if (!closed) timer = setTimeout(() => void fetch(), delay * 1000).unref()
    return answer !== undefined
  }
  const mayDemand = () => {
    const now = clock()
    // A clock that was set back tells nothing of how long it has been.
    const passed = Math.max(0, now - demands.at)
    const left = Math.min(DEMANDS.most, demands.left + passed / DEMANDS.every)
    demands = { left: left >= 1 ? left - 1 : left, at: now }
    return left >= 1
  }

  void fetch()
  return {
    keys: () => keys,
    async renew() {
      return fetching ?? (mayDemand() && fetch())
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

/** After how many seconds a set is fetched again: `max-age` (RFC 9111 §5.2.2.1) between 5 minutes and a day. */
export function refreshAfter(cacheControl: string | undefined): number {
  const maxAge = /(?:^|[\s,])max-age="?(\d{1,10})/i.exec(cacheControl ?? '')?.[1]
  if (maxAge === undefined) return REFRESH.longest
  return Math.min(Math.max(Number(maxAge), REFRESH.shortest), REFRESH.longest)
}

async function fetchKeySet(url: string, outbound: Outbound) {
  const { status, body, cacheControl } = await outbound.get(url)
  if (status !== 200) throw new SecurityError('keys_unavailable', `The status of the answer is ${status}`)
  return { keys: readKeySet(body), cacheControl }
}

function readFirst(configDirectory: string, file: string): { text: string; keys: KeySet } {
  try {
    if (relative(configDirectory, file).startsWith('..')) throw new Error(`${file} is not below ${configDirectory}`)
    const text = readFileSync(file, 'utf8')
    return { text, keys: readKeySet(text) }
  } catch (cause) {
    throw new SecurityError('argument_illegal', 'Unable to create a IDTokenValidator instance', cause)
  }
}
