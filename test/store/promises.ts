/**
 * Promises of the store that no single call shows, for every driver. Beside them: what survives `kill -9` and a power
 * failure is in test/crash, an engine that is away in the tests of each driver, older and newer formats in
 * migration.test.ts and postgres-start.test.ts.
 */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Authentication } from '../../src/authc/authentication.ts'
import { createTokenService, type TokenService } from '../../src/authc/token-service.ts'
import { readToken } from '../../src/authc/token-string.ts'
import { createSealer } from '../../src/kernel/sealer.ts'
import type { Store } from '../../src/store/store.ts'
import type { Place } from './contract.ts'
import { START, newArtefact, newPair, newResponse, newSession } from './records.ts'

const REALM = { name: 'oidc1', type: 'oidc' }

export function registerPromises(driver: string, createPlace: () => Promise<Place>): void {
  describe(`${driver}: the promises of the store`, () => {
    let place: Place
    let store: Store
    let now = START

    before(async () => {
      place = await createPlace()
      store = await place.open(() => now)
    })
    after(async () => {
      await store.close()
      await place.remove()
    })

    test('seen at once: what was acknowledged is seen by every read that begins later, of every kind and by every way', () =>
      repeat(25, async (round) => {
        const { documents, tokens, sessions, artefacts } = store
        const name = `seen ${round}`

        await documents.put('user', name, { round })
        assert.deepEqual((await documents.get('user', name))?.body, { round })
        assert.ok((await documents.list('user')).some((document) => document.name === name))
        await documents.delete('user', name)
        assert.equal(await documents.get('user', name), undefined)

        const [pair, response] = [newPair({ realm: name }), newResponse()]
        await tokens.create(pair, response)
        assert.ok(await tokens.find(pair.id))
        assert.equal((await tokens.findAlive({ realm: name }, START, { limit: 1 })).length, 1)
        assert.equal(await tokens.responseUsed(response.key), true)
        assert.equal(await tokens.everCreated(), true)
        await tokens.invalidate([
          { id: pair.id, side: 'access' },
          { id: pair.id, side: 'refresh' },
        ])
        assert.equal((await tokens.findAccess(pair.id))?.accessInvalidated, true)
        assert.deepEqual(await tokens.findAlive({ realm: name }, START, { limit: 1 }), [])

        const session = newSession({ usernameHash: name })
        await sessions.create(session)
        assert.ok(await sessions.find(session.id))
        await sessions.update({ ...session, ended: 'SESSION_EXPIRED', content: new Uint8Array() }, 1)
        assert.equal((await sessions.find(session.id))?.ended, 'SESSION_EXPIRED')
        assert.deepEqual(await sessions.list({ usernameHash: name }, { limit: 1 }), [])

        const artefact = newArtefact({ grantId: name })
        await artefacts.upsert(artefact)
        await artefacts.consume(artefact.key, START)
        assert.equal((await artefacts.find(artefact.key))?.consumedAt, START)
        await artefacts.revokeByGrantId(name, [artefact.model])
        assert.deepEqual(await artefacts.list([artefact.model], 'grantId', name), [])
      }))

    test('ordered and bounded: pages have each entry that stays, once and in order, while others come and go', async () => {
      const numbers = Array.from({ length: 50 }, (_, index) => String(index).padStart(2, '0'))
      const pairs = new Map(numbers.map((number) => [number, newPair({ realm: 'paged' })]))
      for (const number of numbers) {
        await store.documents.put('role', `${number} stays`, {})
        await store.tokens.create(pairs.get(number) ?? newPair())
        await store.sessions.create(newSession({ id: `${number} stays`, usernameHash: 'paged' }))
      }
      const stopping = new AbortController()
      const comeAndGo = async () => {
        while (!stopping.signal.aborted) {
          for (const number of numbers) {
            const session = newSession({ id: `${number} goes`, usernameHash: 'paged' })
            const pair = newPair({ realm: 'paged' })
            await Promise.all([
              store.documents.put('role', `${number} goes`, {}),
              store.sessions.create(session),
              store.tokens.create(pair),
            ])
            await Promise.all([
              store.documents.delete('role', `${number} goes`),
              store.sessions.delete(session.id),
              store.tokens.invalidate([
                { id: pair.id, side: 'access' },
                { id: pair.id, side: 'refresh' },
              ]),
            ])
          }
        }
      }
      const coming = comeAndGo()
      const expected = numbers.map((number) => `${number} stays`)
      for (let walk = 0; walk < 3; walk += 1) {
        const names = await walkPages<string>(async (page) =>
          (await store.documents.list('role', page)).map(({ name }) => name),
        )
        const ids = await walkPages<string>(async (page) =>
          (await store.sessions.list({ usernameHash: 'paged' }, page)).map(({ id }) => id),
        )
        for (const found of [names, ids]) {
          assert.deepEqual(found, found.toSorted())
          assert.deepEqual(
            found.filter((name) => name.endsWith('stays')),
            expected,
          )
        }
        const alive = await walkPages<bigint>(async (page) =>
          (await store.tokens.findAlive({ realm: 'paged' }, START, page)).map(({ id }) => id),
        )
        const staying = new Set([...pairs.values()].map(({ id }) => id))
        assert.deepEqual(
          alive.filter((id) => staying.has(id)),
          [...staying],
        )
      }
      stopping.abort()
      await coming
    })

    test('expiry: what has expired is removed in small steps, between which others write', async () => {
      const pairs = Array.from({ length: 1200 }, (_, index) => newPair({ removeAt: START + 100 + index }))
      const [first, last] = [pairs[0] ?? newPair(), pairs.at(-1) ?? newPair()]
      await Promise.all(pairs.map((pair) => store.tokens.create(pair)))
      now = last.removeAt
      // An id is free again when its pair is gone from the disk.
      const isGone = async ({ id }: { id: bigint }) =>
        (await store.tokens.create(newPair({ id, removeAt: last.removeAt + 100 }))) === 'created'
      while (!(await isGone(first))) await setTimeout(1)
      assert.equal(await isGone(last), false, 'we wrote before all of them were removed')
      while (!(await isGone(last))) await setTimeout(1)
      now = START
    })

    test('sealed: no token, and no ID token, is on the disk in any form, whatever becomes of it', async () => {
      const service = createTokenService({
        store,
        sealer: createSealer(['the secret of the keystore']),
        clock: () => now,
        accessLifetime: 1200,
        enabled: true,
      })
      const idToken = `eyJhbGciOiJSUzI1NiJ9.${'an ID token'.repeat(20)}.signature`
      const secrets = [idToken, ...(await liveThrough(service, idToken))]
      const marker = 'a name that is not secret'
      await store.documents.put('user', marker, {})

      const disk = await place.readDisk()
      const contains = (needle: string | Buffer) => disk.some((file) => file.includes(needle))
      assert.ok(contains(marker), 'what is looked through is where the store writes')
      for (const secret of secrets) {
        assert.equal(contains(secret), false)
        const parts = readToken(secret)
        if (typeof parts !== 'object') continue
        const bytes = Buffer.from(parts.secret)
        for (const form of [bytes, bytes.toString('hex')]) assert.equal(contains(form), false)
        assert.ok(contains(hash('sha256', bytes, 'buffer')), 'its hash is all that is kept')
      }
    })
  })
}

/** Issues pairs, refreshes one and ends one. @returns all tokens that there ever were */
async function liveThrough(service: TokenService, idToken: string): Promise<string[]> {
  const user = { username: 'alice', roles: [], fullName: null, email: null, metadata: {}, enabled: true }
  const client: Authentication = { user, authenticationRealm: REALM, lookupRealm: REALM, type: 'realm' }
  const issue = () => service.issue({ authentication: client, withRefreshToken: true, idToken, client })
  const [kept, refreshed, ended] = [await issue(), await issue(), await issue()]
  const successor = await service.refresh(refreshed.refreshToken ?? '', client)
  const side = await service.locate('access', ended.accessToken)
  await service.invalidate(side === undefined ? [] : [side])
  const issued = [kept, refreshed, ended, successor].flatMap((pair) => [pair.accessToken, pair.refreshToken ?? ''])
  assert.equal(new Set(issued).size, 8)
  return issued
}

async function walkPages<Key>(list: (page: { after?: Key; limit: number }) => Promise<Key[]>): Promise<Key[]> {
  const found: Key[] = []
  for (;;) {
    const after = found.at(-1)
    const page = await list({ limit: 7, ...(after !== undefined && { after }) })
    assert.ok(page.length <= 7)
    found.push(...page)
    if (page.length < 7) return found
  }
}

async function repeat(times: number, act: (round: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: times }, (_, round) => act(round)))
}
