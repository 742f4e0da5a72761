/** The library's storage on the real embedded store: what must hold however many callers and nodes there are. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createSealer } from '../../../src/kernel/sealer.ts'
import { createLog } from '../../../src/observe/log.ts'
import { createAdapterFactory } from '../../../src/provider/adapter.ts'
import { artefactKey } from '../../../src/provider/artefact-row.ts'
import { createRowLimit } from '../../../src/provider/row-limit.ts'
import { openTemporaryStore } from '../../support/temporary-store.ts'
import { until } from '../../support/until.ts'

async function setUp(t: TestContext) {
  let now = 1000
  const gone = new Set<string>()
  const incarnations = new Map<string, string>()
  const { artefacts } = await openTemporaryStore(t, () => now)
  const adapter = createAdapterFactory({
    artefacts,
    sealer: createSealer(['a secret of the tests']),
    clock: () => now,
    log: createLog('silent'),
    hintRetention: 500,
    findAccount: async (subject) => {
      const incarnation = incarnations.get(subject)
      return gone.has(subject) ? undefined : incarnation === undefined ? {} : { incarnation }
    },
  })
  const wait = (seconds: number) => {
    now += seconds
  }
  return { adapter, artefacts, gone, incarnations, wait }
}

test('a model that the library does not have is refused: its rows would not be found by the next version', async (t) => {
  const { adapter } = await setUp(t)
  assert.throws(() => adapter('Session2'), TypeError)
})

test('a payload comes back as it was, by id and by uid', async (t) => {
  const { adapter } = await setUp(t)
  const payload = { jti: 'id', uid: 'a uid', accountId: 'alice', authorizations: { app: { sid: 's' } } }
  await adapter('Session').upsert('id', payload, 60)
  assert.deepEqual(await adapter('Session').find('id'), payload)
  assert.deepEqual(await adapter('Session').findByUid('a uid'), payload)
  assert.equal(await adapter('Interaction').find('id'), undefined)
})

test('of many who change a session nobody loses anything, and who changes nothing writes nothing', async (t) => {
  const { adapter, artefacts } = await setUp(t)
  const sessions = adapter('Session')
  const exp = 1060
  await sessions.upsert('old', { jti: 'old', uid: 'a uid', exp, authorizations: {} }, 60)
  const clients = Array.from({ length: 20 }, (_, number) => `client ${number}`)
  const put = (client: string) =>
    sessions.change(
      'a uid',
      (stored) => ({ ...stored, authorizations: { ...stored.authorizations, [client]: {} } }),
      60,
    )
  await Promise.all([...clients.map(put), sessions.change('a uid', (stored) => ({ ...stored, jti: 'new' }), 60)])
  const found = await sessions.find('new')
  assert.deepEqual(new Set(Object.keys(found?.authorizations ?? {})), new Set(clients))
  assert.equal(await sessions.find('old'), undefined)

  const before = await artefacts.find(artefactKey('Session', 'new'))
  assert.deepEqual(await put('client 3'), found)
  assert.deepEqual(await artefacts.find(artefactKey('Session', 'new')), before)

  await sessions.destroy('new')
  assert.equal(await put('client 3'), undefined)
  assert.equal(await sessions.findByUid('a uid'), undefined)
})

test('T-3: of many who consume a code one succeeds, and the others get invalid_grant', async (t) => {
  const { adapter } = await setUp(t)
  const codes = adapter('AuthorizationCode')
  await codes.upsert('code', { grantId: 'g' }, 60)
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => codes.consume('code')))
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const result of results) if (result.status === 'rejected') assert.equal(result.reason.error, 'invalid_grant')
  assert.equal((await codes.find('code'))?.consumed, 1000)
})

test('T-4, A-37: of many who record one assertion one succeeds, and the others get invalid_client', async (t) => {
  const { adapter } = await setUp(t)
  const records = adapter('ReplayDetection')
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => records.upsert('jti', { iss: 'app' }, 60)))
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const result of results) if (result.status === 'rejected') assert.equal(result.reason.error, 'invalid_client')
})

test('T-2: the end of a grant takes its tokens, not the interaction and the session that name it', async (t) => {
  const { adapter } = await setUp(t)
  const models = ['AccessToken', 'RefreshToken', 'AuthorizationCode', 'Interaction', 'Session']
  for (const model of models) await adapter(model).upsert('x', { grantId: 'grant' }, 60)
  await adapter('AccessToken').revokeByGrantId('grant')
  const left = []
  for (const model of models) if (await adapter(model).find('x')) left.push(model)
  assert.deepEqual(left, ['Interaction', 'Session'])
})

test('an expired access token is known for a while, anything else expired is not', async (t) => {
  const { adapter, wait } = await setUp(t)
  await adapter('AccessToken').upsert('late', { accountId: 'alice' }, 60)
  await adapter('RefreshToken').upsert('late', { accountId: 'alice' }, 60)
  wait(61)
  assert.ok(await adapter('AccessToken').find('late'))
  assert.equal(await adapter('RefreshToken').find('late'), undefined)
  wait(500)
  assert.equal(await adapter('AccessToken').find('late'), undefined)
})

test('T-7: what belongs to an account that is gone is not there', async (t) => {
  const { adapter, gone } = await setUp(t)
  await adapter('Session').upsert('s', { uid: 'u', accountId: 'bob' }, 60)
  gone.add('bob')
  assert.equal(await adapter('Session').find('s'), undefined)
  assert.equal(await adapter('Session').findByUid('u'), undefined)
})

test('what belongs to an account is not of another one who has its subject later', async (t) => {
  const { adapter, incarnations } = await setUp(t)
  const payload = { uid: 'u', accountId: 'carol' }
  await adapter('Session').upsert('old', payload, 60)
  incarnations.set('carol', 'first')
  assert.equal(await adapter('Session').find('old'), undefined)
  await adapter('Session').upsert('s', payload, 60)
  assert.deepEqual(await adapter('Session').find('s'), payload)
  incarnations.set('carol', 'second')
  assert.equal(await adapter('Session').find('s'), undefined)
  assert.equal(await adapter('Session').findByUid('u'), undefined)
})

test('A-33: when there are too many rows of one kind, the oldest go, whichever node has written them', async (t) => {
  const { artefacts, wait } = await setUp(t)
  const nodes = [1, 2].map(() =>
    createRowLimit({ artefacts, log: createLog('silent'), model: 'Test', entries: 2, bytes: 100 }),
  )
  let written = 0
  const put = async (id: string, bytes: number, removeAt: number) => {
    await artefacts.create({ model: 'Test', key: artefactKey('Test', id), payload: new Uint8Array(bytes), removeAt })
    nodes[written++ % 2]?.add(bytes)
  }
  const left = async (...ids: string[]) => {
    const found = await Promise.all(ids.map((id) => artefacts.find(artefactKey('Test', id))))
    return ids.filter((_id, index) => found[index] !== undefined)
  }
  const other = artefactKey('Other', 'other')
  await artefacts.create({ model: 'Other', key: other, payload: new Uint8Array(1000), removeAt: 1010 })
  await put('expired', 1, 1001)
  wait(1)
  for (const id of ['1', '2', '3']) await put(id, 1, 1060 + Number(id))
  await until(async () => (await left('1')).length === 0)
  assert.deepEqual(await left('1', '2', '3'), ['2', '3'])
  await put('4', 100, 1064)
  await until(async () => (await left('3')).length === 0)
  assert.deepEqual(await left('2', '3', '4'), ['4'])
  assert.ok(await artefacts.find(other))
})
