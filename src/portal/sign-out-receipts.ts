/**
 * What a sign-out has ended, remembered for the page that the identity provider sends the browser back to. The `state` of
 * the end-session URL finds it: whoever brings it back was there. It is told once.
 */
import { hash } from 'node:crypto'
import { type Clock, wholeSeconds } from '../kernel/clock.ts'
import type { Log } from '../observe/log.ts'
import type { PortalSession, Sessions } from '../store/store.ts'

export interface SignOutReceipt {
  /** Host of the identity provider, as the browser shows it. */
  readonly provider: string
}

export interface SignOutReceipts {
  /**
   * A failure of the store is logged and goes no further: the way to the provider matters more.
   * @param endSession the URL that the browser is sent to; without a `state` nothing can be remembered
   */
  keep(endSession: string): Promise<void>
  /** @returns `undefined` for a `state` that no sign-out of the last hour had, or while the store is away */
  take(state: string | null): Promise<SignOutReceipt | undefined>
}

const KEPT_FOR = 3600
const LONGEST_STATE = 512
/** Marks the record: no session, and not to be counted as one. */
const MARK = 'SIGN_OUT_RECEIPT'

export function createSignOutReceipts(parts: { store: Sessions; clock: Clock; log: Log }): SignOutReceipts {
  const { store, clock, log } = parts

  async function whileStoreIsThere<T>(task: () => Promise<T>): Promise<T | undefined> {
    try {
      return await task()
    } catch (err) {
      log.warn({ err }, 'the receipt of a sign-out could not be stored or read')
      return undefined
    }
  }

  return {
    async keep(endSession) {
      const { host, searchParams } = new URL(endSession)
      const state = searchParams.get('state')
      if (state === null || state === '') return
      const now = wholeSeconds(clock)
      const record: PortalSession = {
        id: buildId(state),
        createdAt: now,
        lastActivityAt: now,
        accessAgreementAcknowledged: false,
        ended: MARK,
        content: Buffer.from(host),
        removeAt: now + KEPT_FOR,
      }
      await whileStoreIsThere(() => store.create(record))
    },
    async take(state) {
      if (state === null || state === '' || state.length > LONGEST_STATE) return undefined
      const id = buildId(state)
      return whileStoreIsThere(async () => {
        const record = await store.find(id)
        if (record?.ended !== MARK || !(await store.delete(id))) return undefined
        return { provider: Buffer.from(record.content).toString() }
      })
    },
  }
}

/** No cookie has this id. */
function buildId(state: string): string {
  return hash('sha256', `ostiary sign-out receipt v1\0${state}`, 'base64url')
}
