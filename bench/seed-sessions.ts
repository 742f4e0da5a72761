/** Sessions of the portal, as logins at the realm `instant` have them; session n holds the tokens of pair n. */
import { hash } from 'node:crypto'
import { createContentSealer } from '../src/portal/session-content.ts'
import type { Store } from '../src/store/store.ts'
import { type Seed, tokenOf, usernameOf } from './seed.ts'

const DAY = 24 * 3600

export function sessionSecretOf(index: number): string {
  return hash('sha256', `the secret of session ${index}`, 'buffer').toString('base64url')
}

export async function seedSessions(store: Store, seed: Seed, count: number, encryptionKey: string): Promise<void> {
  const sealer = createContentSealer(encryptionKey)
  const at = Math.floor(seed.madeAt / 1000)
  for (let index = 0; index < count; index++) {
    const secret = sessionSecretOf(index)
    const id = sealer.buildId(secret)
    const provider = { type: 'oidc', name: 'instant' } as const
    const username = usernameOf(index)
    const credential = {
      accessToken: tokenOf(seed, 'access', index),
      refreshToken: tokenOf(seed, 'refresh', index),
    }
    const from = { browser: 'Firefox', system: 'Linux', address: '127.0.0.1' }
    const signIn = { username, provider, realm: 'instant', credential, at, accepted: true, from }
    await store.sessions.create({
      id,
      createdAt: at,
      lastActivityAt: at,
      provider,
      usernameHash: sealer.hashUsername(username),
      accessAgreementAcknowledged: false,
      content: sealer.seal(secret, id, { signIn, handshakes: [], finished: [], attempts: [] }),
      removeAt: at + DAY,
    })
  }
}
