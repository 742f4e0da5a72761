/** What the provider takes from its library beyond what is documented there: to be looked at before every upgrade. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLog } from '../../../src/observe/log.ts'
import { createLibrary } from '../../../src/provider/library.ts'
import { loadProviderKeys } from '../../../src/provider/provider-keys.ts'
import { createSealer } from '../../../src/kernel/sealer.ts'
import { buildSettings, KEYS } from '../../support/provider.ts'
import { openTemporaryStore } from '../../support/temporary-store.ts'

const parts = {
  settings: buildSettings({ origin: 'http://127.0.0.1:4455', accountsPath: '/nowhere' }),
  adapter: class {
    async find() {}
  } as never,
  accounts: undefined as never,
  pages: undefined as never,
  fetch: undefined as never,
  log: createLog('silent'),
}

test('T-6: without keys of its own there is no provider, rather than one on published keys', () => {
  for (const keys of [
    { version: 1, signing: [], cookies: ['secret'] },
    { version: 1, signing: [{ kty: 'RSA' }], cookies: [] },
  ])
    assert.throws(() => createLibrary({ ...parts, keys }), /no keys/)
})

test('T-15: the version is pinned, and the members that we lean on are there', async (t) => {
  const manifest = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> }
  assert.match(dependencies['oidc-provider'] ?? '', /^\d+\.\d+\.\d+$/)

  const { documents } = await openTemporaryStore(t, () => 1000)
  const sealer = createSealer(['a secret of the tests'])
  const keys = await loadProviderKeys({ documents, sealer, clock: () => 1000, policy: KEYS })
  const library = createLibrary({ ...parts, keys })
  const { Client, Session, IdToken, AccessToken, Grant } = library as unknown as Record<
    string,
    Record<string, unknown> & { prototype: Record<string, unknown> }
  >
  for (const [owner, names] of [
    [Client?.prototype, ['includeSid', 'backchannelLogout', 'metadata', 'grantTypeAllowed']],
    [Client, ['find', 'validate']],
    [Session, ['get', 'findByUid', 'instantiate']],
    [
      Session?.prototype,
      [
        'save',
        'getValueAndPayload',
        'persist',
        'destroy',
        'resetIdentifier',
        'grantIdFor',
        'sidFor',
        'authorizationFor',
      ],
    ],
    [IdToken, ['validate']],
    [AccessToken, ['find', 'revokeByGrantId']],
    [Grant, ['find']],
    [library, ['interactionDetails', 'interactionResult', 'cookieName', 'createContext', 'callback']],
  ] as const) {
    const found = owner as unknown as Readonly<Record<string, unknown>>
    for (const name of names) assert.equal(typeof found[name], 'function', name)
  }
})
