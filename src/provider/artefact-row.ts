/**
 * How the provider's rows look in the store: the key is a hash, the payload is sealed, so that nothing in a copy of the
 * store is a credential.
 */
import { createHash } from 'node:crypto'
import type { JsonObject } from '../kernel/json.ts'
import type { Sealer } from '../kernel/sealer.ts'

const PURPOSE = 'provider artefact'

/** SHA-256 of the model and the id. */
export function artefactKey(model: string, id: string): Uint8Array {
  return createHash('sha256').update(`${model}:${id}`).digest()
}

export function sealPayload(sealer: Sealer, key: Uint8Array, payload: JsonObject): Uint8Array {
  return sealer.seal(PURPOSE, key, Buffer.from(JSON.stringify(payload)))
}

/** @throws SecurityError `record_damaged` */
export function openPayload(sealer: Sealer, key: Uint8Array, sealed: Uint8Array): JsonObject {
  return JSON.parse(Buffer.from(sealer.open(PURPOSE, key, sealed)).toString()) as JsonObject
}
