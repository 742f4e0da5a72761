/**
 * Parked forms: a form that comes by POST from another site arrives without our cookies (`SameSite=Lax`). It waits in
 * the store under a random handle while the browser is sent, by 303, to the same path as a GET, which has the cookies.
 */
import type { Clock } from '../kernel/clock.ts'
import { wholeSeconds } from '../kernel/clock.ts'
import { randomText } from '../kernel/random.ts'
import type { Sealer } from '../kernel/sealer.ts'
import type { Log } from '../observe/log.ts'
import type { Artefacts } from '../store/store.ts'
import { artefactKey, openPayload, sealPayload } from './artefact-row.ts'
import { createRowLimit } from './row-limit.ts'

const MODEL = 'ParkedForm'
const LIFETIME = 60
const MAX_ENTRIES = 10_000
const MAX_BYTES = 32 * 1024 * 1024

export interface ParkedForms {
  /** @returns the handle, for one use within a minute */
  park(form: URLSearchParams): Promise<string>
  /** The form, which stays parked; `undefined` if the handle is unknown, used or late. */
  look(handle: string): Promise<URLSearchParams | undefined>
  /** The form, for the first who asks. */
  take(handle: string): Promise<URLSearchParams | undefined>
}

export function createParkedForms(parts: {
  artefacts: Artefacts
  sealer: Sealer
  clock: Clock
  log: Log
}): ParkedForms {
  const { artefacts, sealer, clock } = parts
  const limit = createRowLimit({ artefacts, log: parts.log, model: MODEL, entries: MAX_ENTRIES, bytes: MAX_BYTES })

  async function look(handle: string): Promise<URLSearchParams | undefined> {
    const key = artefactKey(MODEL, handle)
    const row = await artefacts.find(key)
    if (row === undefined || row.consumedAt !== undefined) return undefined
    const { form } = openPayload(sealer, key, row.payload)
    return typeof form === 'string' ? new URLSearchParams(form) : undefined
  }

  return {
    async park(form) {
      const handle = randomText(16)
      const key = artefactKey(MODEL, handle)
      const payload = sealPayload(sealer, key, { form: form.toString() })
      const removeAt = wholeSeconds(clock) + LIFETIME
      await artefacts.create({ model: MODEL, key, payload, removeAt })
      limit.add(payload.length)
      return handle
    },
    look,
    async take(handle) {
      const form = await look(handle)
      if (form === undefined) return undefined
      const won = await artefacts.consume(artefactKey(MODEL, handle), wholeSeconds(clock))
      return won ? form : undefined
    },
  }
}
