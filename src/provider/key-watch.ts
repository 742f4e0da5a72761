import { access, rm } from 'node:fs/promises'
import type { Log } from '../observe/log.ts'
import { type KeyParts, loadProviderKeys, type ProviderKeys } from './provider-keys.ts'

const LOOK_EVERY_MS = 5000

export interface KeyWatch {
  close(): Promise<void>
}

/**
 * Looks after the keys while the program runs: takes up what another node changed, moves keys on when their time has
 * come, and rotates them when somebody left a request for it, a file that is gone once it was served.
 */
export function watchKeys(parts: {
  keys: KeyParts
  version: number
  /** Absolute path of the request. */
  request: string | undefined
  onChange: (keys: ProviderKeys) => void
  log: Log
}): KeyWatch {
  const { request, log } = parts
  let { version } = parts

  async function look(): Promise<void> {
    const rotate = request !== undefined && (await exists(request))
    const keys = await loadProviderKeys(parts.keys, { rotate })
    if (keys.version !== version) {
      version = keys.version
      parts.onChange(keys)
      log.info({ keys: keys.signing.length }, 'the keys of the provider changed')
    }
    if (rotate) await rm(request, { force: true })
  }

  let looking = Promise.resolve()
  let busy = false
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    looking = look()
      .catch((err: unknown) => log.warn({ err }, 'the keys of the provider stay as they are'))
      .finally(() => {
        busy = false
      })
  }, LOOK_EVERY_MS)
  timer.unref()

  return {
    async close() {
      clearInterval(timer)
      await looking
    },
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
