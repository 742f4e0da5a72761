import { isJsonObject, readJsonObject, type JsonObject } from '../kernel/json.ts'

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
}

/** Reads the form of a JWT without believing anything in it. @returns `undefined` if it is none */
export function readJwt(text: string): Jwt | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const parts = text.split('.')
  const header = decodeObject(parts[0] ?? '')
  if (header === undefined || typeof header['alg'] !== 'string') return undefined
  const jwt = { text, algorithm: header['alg'], header }

  if (parts.length === 5) return typeof header['enc'] === 'string' ? { ...jwt, form: 'encrypted' } : undefined
  if (parts.length !== 3) return undefined
  const [, payload = '', signature = ''] = parts
  if (decode(payload) === undefined || decode(signature) === undefined) return undefined
  // RFC 7519 §6.1: an unsecured JWT says `none` and has an empty signature; anything else must have one.
  const unsigned = jwt.algorithm === 'none'
  if (unsigned !== (signature === '')) return undefined
  return { ...jwt, form: unsigned ? 'unsigned' : 'signed' }
}

/** The claims of a JWT. @returns `undefined` if its payload is no JSON object */
export function readJwtClaims(jwt: Jwt): JsonObject | undefined {
  return decodeObject(jwt.text.split('.')[1] ?? '')
}

/** A member of a header or key that is an object of strings at best: its text, if it is one. */
export function textMember(object: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined
  return typeof value === 'string' ? value : undefined
}

function decodeObject(part: string): JsonObject | undefined {
  const bytes = decode(part)
  if (bytes === undefined) return undefined
  try {
    const object = readJsonObject(UTF8.decode(bytes))
    return isJsonObject(object) ? object : undefined
  } catch {
    return undefined
  }
}

/** Base64url in its one canonical form (RFC 4648 §3.5): no bit of a token is without meaning. */
function decode(part: string): Uint8Array | undefined {
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : undefined
}
