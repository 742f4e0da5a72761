/** The program that is measured, as `npm start` runs it once it is built, with a store that was filled before it starts. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { systemClock } from '../src/kernel/clock.ts'
import { createSealer } from '../src/kernel/sealer.ts'
import { createEmbeddedStore } from '../src/store/embedded.ts'
import type { Store } from '../src/store/store.ts'
import type { Addresses } from '../test/support/addresses.ts'
import { createProgram, type Program, ROOT } from '../test/support/program.ts'
import { onCores, SERVERS } from './cores.ts'
import { type Seed, seedPairs } from './seed.ts'
import { seedSessions } from './seed-sessions.ts'

export const SECRET = 'the-secret-of-the-benchmark-with-more-than-32-bytes'
const ENCRYPTION_KEY = 'the-encryption-key-of-the-sessions-of-the-benchmark'
/** As long as the ID token of a login with some groups. */
export const ID_TOKEN = `${'h'.repeat(60)}.${'p'.repeat(600)}.${'s'.repeat(342)}`

export interface House {
  readonly program: Program
  readonly seed: Seed
  /** How many of the pairs, from the first, can be signed out. */
  readonly sealed: number
  readonly sessions: number
}

export interface HouseOptions {
  readonly pairs: number
  readonly sealed: number
  readonly sessions: number
  /** The origin of the instant provider. */
  readonly provider: string
  /** Lines for the settings file, and secrets for the keystore. */
  readonly settings?: readonly string[]
  readonly secrets?: Readonly<Record<string, string>>
  /** Another store than the embedded one; its tables are there already. */
  readonly openStore?: () => Promise<Store>
}

/** Prepares a program with so many live token pairs, without starting it. The caller owes a `program.remove()`. */
export async function createHouse(options: HouseOptions): Promise<House> {
  const { pairs, sealed, sessions, provider, settings = [], secrets, openStore } = options
  execFileSync(process.execPath, ['build.ts'], { cwd: ROOT, stdio: 'inherit' })
  const program = await createProgram({
    settings: (yaml, addresses) =>
      [addProvider(yaml), ...describeRealm(provider, addresses), ...settings, ''].join('\n'),
    main: 'dist/cli/main.js',
    launcher: ['taskset', '--cpu-list', SERVERS],
    // The programs of the tests share compiled code; one that an operator starts has its own.
    environment: { NODE_COMPILE_CACHE: '' },
    secrets: {
      'ostiary.secret': SECRET,
      'xpack.security.encryptionKey': ENCRYPTION_KEY,
      'xpack.security.authc.realms.oidc.instant.rp.client_secret': 'the-secret-of-the-client-with-more-than-32-bytes',
      ...secrets,
    },
  })
  const seed: Seed = { madeAt: Date.now(), pairs }
  const openEmbedded = () => createEmbeddedStore({ directory: join(program.directory, 'data'), clock: systemClock })
  await onCores('0,1', async () => {
    const store = await (openStore ?? openEmbedded)()
    try {
      await seedPairs(store, seed, { sealer: createSealer([SECRET]), idToken: ID_TOKEN, sealed })
      await seedSessions(store, seed, sessions, ENCRYPTION_KEY)
    } finally {
      await store.close()
    }
  })
  return { program, seed, sealed, sessions }
}

/** A realm and a way to sign in of the name `instant`, beside those of the demo. */
function addProvider(yaml: string): string {
  const providers = 'xpack.security.authc.providers:\n'
  if (!yaml.includes(providers)) throw new Error('config/ostiary.yml names no providers')
  return yaml.replace(providers, `${providers}  oidc.instant:\n    order: 2\n    realm: instant\n`)
}

function describeRealm(provider: string, { portal }: Addresses): string[] {
  return [
    'xpack.security.authc.realms.oidc.instant:',
    '  order: 4',
    '  rp.client_id: benchmark',
    '  rp.response_type: code',
    "  rp.requested_scopes: ['openid', 'profile', 'email', 'groups']",
    `  rp.redirect_uri: '${portal}/api/security/oidc/callback'`,
    `  rp.post_logout_redirect_uri: '${portal}/security/logged_out'`,
    `  op.issuer: '${provider}'`,
    '  claims.principal: sub',
    '  claims.groups: groups',
    '  claims.name: name',
    '  claims.mail: email',
  ]
}
