/** PKCS#12 files that other programs made, and the certificates in them; they are valid for a hundred years. */
import { readVectors } from './vectors.ts'

interface Vectors {
  /** PEM: it has signed the certificates of the server (`localhost`) and the client. */
  readonly authority: string
  readonly server: { readonly certificate: string; readonly key: string }
  readonly client: { readonly certificate: string; readonly key: string }
  readonly truststores: readonly [Store, ...Store[]]
  readonly keystores: readonly [Store, ...Store[]]
  /** With the password of the first truststore: it does not name the authority. */
  readonly stranger: { readonly file: string }
  readonly jks: { readonly file: string }
}

interface Store {
  readonly name: string
  readonly password: string
  readonly keyPassword?: string
  /** Base64. */
  readonly file: string
}

const vectors = readVectors('pkcs12.json') as Vectors

export const PKCS12 = {
  ...vectors,
  truststores: decode(vectors.truststores),
  keystores: decode(vectors.keystores),
  stranger: Buffer.from(vectors.stranger.file, 'base64'),
  jks: Buffer.from(vectors.jks.file, 'base64'),
}

function decode([first, ...others]: Vectors['truststores']) {
  const read = (store: Store) => ({ ...store, file: Buffer.from(store.file, 'base64') })
  return [read(first), ...others.map((store) => read(store))] as const
}
