import { decodeBase64url } from '../kernel/base64url.ts'
import { readJsonObject, type JsonObject } from '../kernel/json.ts'

/** Far beyond any honest token; a longer one is not even decoded. */
const MAX_LENGTH = 262_144

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** A JSON Web Token whose form is right and about which nothing else is known yet (RFC 7519 §3). */
export interface Jwt {
  /** The compact serialization. */
  readonly text: string
  readonly form: 'signed' | 'unsigned' | 'encrypted'
  /** `alg` of the header, as it is. */
  readonly algorithm: string
  readonly header: JsonObject
  /** What the payload claims, `undefined` if it is encrypted or no JSON object. Nobody is believed before the signature. */
  readonly claims: JsonObject | undefined
  /** Empty if it is encrypted. */
  readonly signature: Uint8Array
}

/** Reads the form of a JWT without believing anything in it. @returns `undefined` if it is none */
export function readJwt(text: string): Jwt | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const parts = text.split('.')
  const header = readObject(decodeBase64url(parts[0] ?? ''))
  if (header === undefined || typeof header['alg'] !== 'string') return undefined
  const algorithm = header['alg']

  if (parts.length === 5) {
    if (typeof header['enc'] !== 'string') return undefined
    return { text, form: 'encrypted', algorithm, header, claims: undefined, signature: new Uint8Array() }
  }
  if (parts.length !== 3) return undefined
  const payload = decodeBase64url(parts[1] ?? '')
  const signature = decodeBase64url(parts[2] ?? '')
  if (payload === undefined || signature === undefined) return undefined
  // RFC 7519 §6.1: an unsecured JWT says `none` and has an empty signature; anything else must have one.
  const unsigned = algorithm === 'none'
  if (unsigned !== (signature.length === 0)) return undefined
  return { text, form: unsigned ? 'unsigned' : 'signed', algorithm, header, claims: readObject(payload), signature }
}

/** A member of a header or key that is an object of strings at best: its text, if it is one. */
export function textMember(object: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined
  return typeof value === 'string' ? value : undefined
}

function readObject(bytes: Uint8Array | undefined): JsonObject | undefined {
  try {
    return bytes && readJsonObject(UTF8.decode(bytes))
  } catch {
    return undefined
  }
}
