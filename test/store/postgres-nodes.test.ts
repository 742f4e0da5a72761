/** Two nodes on one database are one store: each of them a store of its own here, with its own connections. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createPostgresStore } from '../../src/store/postgres.ts'
import type { Store } from '../../src/store/store.ts'
import { startPostgres, type PostgresServer } from '../support/postgres.ts'
import { NO_TIME, START, newArtefact, newPair, newResponse, newSession } from './records.ts'

let server: PostgresServer
let database: string
let nodes: readonly [Store, Store]
let now = START

const open = (clock = () => now) =>
  createPostgresStore({ address: server.address(database, { timeout: 15 }), poolSize: 3, fingerprints: ['one'], clock })

before(async () => {
  server = await startPostgres()
  database = await server.createDatabase()
  // At one moment: one of them makes the tables, the other waits for it.
  nodes = await Promise.all([open(), open()])
})
after(async () => {
  await Promise.all(nodes.map((node) => node.close()))
  await server.remove()
})

/** Twenty at each node, all at once; the nodes take turns. */
function race<T>(act: (node: Store, racer: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: 40 }, (_, racer) => act(nodes[racer % 2 === 0 ? 0 : 1], racer)))
}

const count = <T>(results: readonly T[], won: (result: T) => boolean) => results.filter(won).length

test('what one node has written, the other reads at once', async () => {
  const pair = newPair()
  await nodes[0].tokens.create(pair)
  assert.equal((await nodes[1].tokens.find(pair.id))?.username, 'alice')
  for (const [writer, reader] of [nodes, nodes.toReversed()] as const) {
    const pairs = Array.from({ length: 50 }, () => newPair())
    await Promise.all(pairs.map((one) => writer?.tokens.create(one)))
    await Promise.all(
      pairs.map(async ({ id }, looks) => {
        // Whether or not the reader has met the pair before.
        for (let look = 0; look < looks % 4; look += 1) await reader?.tokens.find(id)
        await writer?.tokens.invalidate([{ id, side: 'access' }])
        assert.equal((await reader?.tokens.find(id))?.accessInvalidated, true)
      }),
    )
  }
})

test('of many at two nodes that invalidate one token, one did it', async () => {
  const { id } = newPair()
  await nodes[0].tokens.create(newPair({ id }))
  const results = await race((node) => node.tokens.invalidate([{ id, side: 'refresh' }]))
  assert.equal(
    count(results, ([result]) => result === 'invalidated'),
    1,
  )
  assert.equal(
    count(results, ([result]) => result === 'previously'),
    39,
  )
})

test('of many at two nodes that refresh one pair, one wins and all learn what it wrote', async () => {
  const pair = newPair()
  await nodes[0].tokens.create(pair)
  const successors = Array.from({ length: 40 }, () => newPair())
  const results = await race((node, racer) =>
    node.tokens.supersede(pair.id, START, new Uint8Array([racer]), successors[racer] ?? newPair()),
  )
  const winner = results.findIndex(({ won }) => won)
  assert.equal(
    count(results, ({ won }) => won),
    1,
  )
  for (const result of results) if (!result.won) assert.deepEqual(result.pair?.superseding, new Uint8Array([winner]))
  const alive = await nodes[1].tokens.findMany(successors.map(({ id }) => id))
  assert.deepEqual(
    alive.map(({ id }) => id),
    [successors[winner]?.id],
  )
})

test('of many logins at two nodes with one response, or one id, one wins', async () => {
  const response = newResponse()
  const logins = Array.from({ length: 40 }, () => newPair())
  const results = await race((node, racer) => node.tokens.create(logins[racer] ?? newPair(), response))
  assert.equal(
    count(results, (result) => result === 'created'),
    1,
  )
  assert.equal((await nodes[0].tokens.findMany(logins.map(({ id }) => id))).length, 1)

  const { id } = newPair()
  const same = await race((node, racer) => node.tokens.create(newPair({ id, username: `racer ${racer}` })))
  assert.equal(
    count(same, (result) => result === 'created'),
    1,
  )
  assert.equal(
    count(same, (result) => result === 'id_taken'),
    39,
  )
  assert.equal((await nodes[1].tokens.find(id))?.username, `racer ${same.indexOf('created')}`)
})

test('of many at two nodes that create, replace, delete or consume one record, one wins', async () => {
  const created = await race((node, racer) => node.documents.create('user', 'race', { racer }))
  const winner = created.findIndex((result) => result.created)
  assert.equal(
    count(created, (result) => result.created),
    1,
  )
  for (const { document } of created) assert.deepEqual(document.body, { racer: winner })
  const { document } = created[winner] ?? assert.fail('nobody won')
  assert.equal(count(await race((node) => node.documents.replace('user', document, {})), Boolean), 1)
  assert.equal(count(await race((node) => node.documents.delete('user', 'race')), Boolean), 1)

  const session = newSession()
  assert.equal(
    count(await race((node) => node.sessions.create(session)), (ended) => ended !== undefined),
    1,
  )
  const updates = await race((node, racer) => node.sessions.update({ ...session, lastActivityAt: racer }, 1))
  assert.equal(count(updates, Boolean), 1)
  assert.equal((await nodes[1].sessions.find(session.id))?.lastActivityAt, updates.indexOf(true))

  const artefact = newArtefact()
  assert.equal(count(await race((node) => node.artefacts.create(artefact)), Boolean), 1)
  const payloads = (racer: number) => ({ ...artefact, payload: new Uint8Array([racer]) })
  const replaced = await race((node, racer) => node.artefacts.replace(artefact, payloads(racer)))
  assert.equal(count(replaced, Boolean), 1)
  assert.equal(count(await race((node, racer) => node.artefacts.consume(artefact.key, START + racer)), Boolean), 1)
  assert.equal(count(await race((node) => node.artefacts.destroy(artefact.key)), Boolean), 1)
})

test('a document that comes and goes while many create it is told as it was at some moment', async () => {
  const results = await race(async (node, racer) => {
    if (racer % 4 === 1) return node.documents.delete('role', 'flicker')
    const { created, document } = await node.documents.create('role', 'flicker', { racer })
    assert.equal(created, document.body['racer'] === racer)
    return created
  })
  assert.ok(results.includes(true))
})

test('writes that touch the same tokens in opposite orders all succeed, each token once', async () => {
  const ids = Array.from({ length: 30 }, () => newPair())
  await Promise.all(ids.map((pair) => nodes[0].tokens.create(pair)))
  const sides = ids.map(({ id }) => ({ id, side: 'access' as const }))
  const results = await race((node, racer) => node.tokens.invalidate(racer % 2 === 0 ? sides : sides.toReversed()))
  assert.equal(
    count(results.flat(), (result) => result === 'invalidated'),
    30,
  )
  assert.equal(
    count(results.flat(), (result) => result === 'previously'),
    30 * 39,
  )
})

test('of many sign-ins of one user at two nodes no more than the limit remain, and nothing of their locks', async () => {
  const limit = { most: 3, ended: 'CONCURRENCY_LIMIT', removeAt: START + 50 }
  const fresh = Array.from({ length: 40 }, () => newSession({ usernameHash: 'everywhere' }))
  const ended = await race((node, racer) => node.sessions.create(fresh[racer] ?? newSession(), { limit }))
  assert.equal(new Set(ended.flatMap((ids) => ids ?? [])).size, 37)
  assert.equal((await nodes[0].sessions.list({ usernameHash: 'everywhere' }, { limit: 50 })).length, 3)
  assert.deepEqual(await server.query(database, 'select * from write_lock'), [])
})

test('a write that fails at one node does not fail those of the other, nor its neighbours', async () => {
  const pair = newPair()
  await nodes[0].tokens.create(pair)
  const results = await Promise.allSettled([
    nodes[0].tokens.supersede(pair.id, NO_TIME, new Uint8Array(), newPair()),
    ...Array.from({ length: 20 }, (_, index) => nodes[index % 2 === 0 ? 0 : 1].tokens.create(newPair())),
  ])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', ...Array.from({ length: 20 }, () => 'fulfilled')],
  )
  assert.equal((await nodes[1].tokens.find(pair.id))?.refreshedAt, undefined)
})

test('what has expired is removed while both nodes look for it, and a fact stays', async () => {
  const removeAt = START + 10
  await race((node) =>
    node.tokens.create(newPair({ removeAt, realm: 'expiring' }), newResponse({ keepUntil: removeAt })),
  )
  await race((node) => node.artefacts.upsert(newArtefact({ removeAt })))
  now = removeAt
  const rest = `
    select (select count(*) from token_pair where remove_at <= ${removeAt})
      + (select count(*) from used_response where keep_until <= ${removeAt})
      + (select count(*) from artefact where remove_at <= ${removeAt}) as rest`
  for (const end = performance.now() + 20_000; ;) {
    const [row] = await server.query(database, rest)
    if (row?.['rest'] === '0') break
    assert.ok(performance.now() < end, 'it was not removed in 20 s')
  }
  assert.equal(await nodes[0].tokens.everCreated(), true)
  now = START
})

test('texts that PostgreSQL cannot keep come back as they were, and in their order', async () => {
  const names = [
    'a',
    'a\u0000',
    'a\u0000\u0001',
    'a\u0001',
    'a\u0001\u0000',
    'a\u0001\u0001',
    'a\u0001\u0002',
    'a\u0002',
  ]
  for (const name of names.toReversed()) await nodes[0].documents.put('privilege', name, { name })
  const found = await nodes[1].documents.list('privilege')
  assert.deepEqual(
    found.map(({ name, body }) => [name, body['name']]),
    names.map((name) => [name, name]),
  )
  assert.deepEqual((await nodes[1].documents.get('privilege', 'a\u0000'))?.body, { name: 'a\u0000' })
})
