/**
 * Tickets: the one-time secret of one form. All that the form must remember is sealed inside, so that showing a form
 * stores nothing and the forms of several tabs are valid side by side; only the use of a ticket leaves a mark, until the
 * ticket expires.
 */
import { randomBytes } from 'node:crypto'
import { decodeBase64url } from '../kernel/base64url.ts'
import type { Clock } from '../kernel/clock.ts'
import { wholeSeconds } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { Sealer } from '../kernel/sealer.ts'
import type { Artefacts } from '../store/store.ts'
import { artefactKey } from './artefact-row.ts'

const ID_BYTES = 16
const LIFETIME = 600
const MAX_LENGTH = 64 * 1024

export interface Tickets<Content> {
  issue(content: Content): string
  /** @throws SecurityError `argument_illegal` if it is not ours, was changed, is of another kind of form, or expired */
  open(text: string): Ticket<Content>
  /** @throws SecurityError `argument_illegal` if it was used before, here or on another node */
  useUp(ticket: Ticket<Content>): Promise<void>
}

export interface Ticket<Content> {
  readonly id: string
  readonly expiresAt: number
  readonly content: Content
}

/** @param parts.form the kind of form: a ticket of one kind does not open as one of another */
export function createTickets<Content>(parts: {
  form: string
  artefacts: Artefacts
  sealer: Sealer
  clock: Clock
}): Tickets<Content> {
  const { artefacts, sealer, clock } = parts
  const purpose = `provider ${parts.form} ticket`

  return {
    issue(content) {
      const id = randomBytes(ID_BYTES)
      const sealed = { content, expiresAt: wholeSeconds(clock) + LIFETIME }
      const bytes = sealer.seal(purpose, id, Buffer.from(JSON.stringify(sealed)))
      return Buffer.concat([id, bytes]).toString('base64url')
    },

    open(text) {
      const bytes = text.length > MAX_LENGTH ? undefined : decodeBase64url(text)
      if (!bytes) throw new SecurityError('argument_illegal', 'the form is not one of ours')
      const id = bytes.subarray(0, ID_BYTES)
      const sealed = openSealed(() => sealer.open(purpose, id, bytes.subarray(ID_BYTES)))
      if (!(Number(sealed['expiresAt']) > clock())) throw new SecurityError('argument_illegal', 'the form has expired')
      return {
        id: id.toString('base64url'),
        expiresAt: Number(sealed['expiresAt']),
        content: sealed['content'] as Content,
      }
    },

    async useUp({ id, expiresAt }) {
      const first = await artefacts.create({
        model: 'UsedTicket',
        key: artefactKey('UsedTicket', id),
        payload: new Uint8Array(),
        removeAt: expiresAt,
      })
      if (!first) throw new SecurityError('argument_illegal', 'the form was sent before')
    },
  }
}

function openSealed(open: () => Uint8Array): JsonObject {
  try {
    return JSON.parse(Buffer.from(open()).toString()) as JsonObject
  } catch (cause) {
    throw new SecurityError('argument_illegal', 'the form is not one of ours', cause)
  }
}
