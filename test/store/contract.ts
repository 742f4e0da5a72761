/**
 * What every driver promises, as tests. A driver registers them for itself by handing in a way to open its stores.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { NewTokenPair, Store } from '../../src/store/store.ts'
import { NO_TIME, START, newArtefact, newPair, newResponse, newSession } from './records.ts'

/** Somewhere to keep one store's state. */
export interface Place {
  open(clock: () => number): Promise<Store>
  /** Everything that is on the disk of what was acknowledged, logs included. */
  readDisk(): Promise<Buffer[]>
  remove(): Promise<void>
}

export function registerContract(driver: string, createPlace: () => Promise<Place>): void {
  let place: Place
  let store: Store
  let now = START
  const clock = () => now

  /** Runs on the shared store at another time, and sets the clock back. */
  const at = async <T>(time: number, act: () => Promise<T>): Promise<T> => {
    now = time
    try {
      return await act()
    } finally {
      now = START
    }
  }
  const race = <T>(act: (racer: number) => Promise<T>) =>
    Promise.all(Array.from({ length: 50 }, (_, racer) => act(racer)))
  const wonBy = <T>(results: readonly T[], won: (result: T) => boolean) => results.filter(won).length

  describe(`${driver}: the contract of the store`, () => {
    before(async () => {
      place = await createPlace()
      store = await place.open(clock)
    })
    after(async () => {
      await store.close()
      await place.remove()
    })

    test('a store that can be read says so', async () => {
      await store.check()
    })

    describe('documents', () => {
      const documents = () => store.documents

      test('a document comes back as it was put, with any character in its name and body', async () => {
        const body = { text: 'ä€😀\u0000"', list: [1, null, { deep: true }] }
        await documents().put('role', "o'brien/ä", body)
        assert.deepEqual(await documents().get('role', "o'brien/ä"), { name: "o'brien/ä", body, version: 1 })
      })

      test('a document that is known by heart is forgotten with every change', async () => {
        const name = 'often read'
        const readOften = async () => {
          for (let time = 0; time < 3; time += 1) await documents().get('role', name)
          return (await documents().get('role', name))?.body
        }
        assert.equal(await readOften(), undefined)
        await documents().create('role', name, { change: 1 })
        assert.deepEqual(await readOften(), { change: 1 })
        await documents().put('role', name, { change: 2 })
        assert.deepEqual(await readOften(), { change: 2 })
        await documents().replace('role', { name, version: 2, body: { change: 2 } }, { change: 3 })
        assert.deepEqual(await readOften(), { change: 3 })
        await documents().delete('role', name)
        assert.equal(await readOften(), undefined)
      })

      test('kinds do not share names', async () => {
        await documents().put('role', 'same', { kind: 'role' })
        assert.equal(await documents().get('user', 'same'), undefined)
      })

      test('put tells whether the name is new, and its version rises with every write', async () => {
        assert.deepEqual(await documents().put('user', 'put', {}), { created: true, version: 1 })
        assert.deepEqual(await documents().put('user', 'put', {}), { created: false, version: 2 })
        assert.ok(await documents().replace('user', { name: 'put', version: 2, body: {} }, { third: true }))
        assert.deepEqual(await documents().get('user', 'put'), { name: 'put', body: { third: true }, version: 3 })
      })

      test('create leaves what is there and returns it', async () => {
        const first = await documents().create('user', 'create', { by: 'first' })
        const second = await documents().create('user', 'create', { by: 'second' })
        assert.deepEqual(first, { created: true, document: { name: 'create', body: { by: 'first' }, version: 1 } })
        assert.deepEqual(second, { created: false, document: first.document })
      })

      test('of many that create one name, one wins and all learn what it wrote', async () => {
        const results = await race((racer) => documents().create('user', 'race', { racer }))
        const winner = results.find(({ created }) => created)
        assert.equal(
          wonBy(results, ({ created }) => created),
          1,
        )
        for (const { document } of results) assert.deepEqual(document, winner?.document)
      })

      test('replace writes over what was read and nothing else', async () => {
        const read = { name: 'replace', version: 1, body: { is: 'old' } }
        await documents().put('user', read.name, read.body)
        assert.equal(await documents().replace('user', { ...read, version: 2 }, { is: 'new' }), false)
        assert.equal(await documents().replace('user', { ...read, name: 'absent' }, {}), false)
        assert.deepEqual((await documents().get('user', 'replace'))?.body, { is: 'old' })
        assert.equal(await documents().get('user', 'absent'), undefined)
      })

      test('a document that was deleted and made again is not replaced as the one before', async () => {
        const body = { 'text\u0000': 'ä€😀\ud800', 1: { b: [1e21, -0.5, null], a: true } }
        const { document: read } = await documents().create('user', 'made again', body)
        await documents().delete('user', read.name)
        const { document: again } = await documents().create('user', read.name, { other: true })
        assert.equal(again.version, read.version)
        assert.equal(await documents().replace('user', read, {}), false)
        assert.equal(await documents().replace('user', again, body), true)
        const found = (await documents().get('user', read.name)) ?? assert.fail('it is not there')
        assert.equal(await documents().replace('user', found, {}), true)
      })

      test('of many that replace one version, one wins', async () => {
        await documents().put('user', 'replace-race', {})
        const read = { name: 'replace-race', version: 1, body: {} }
        const results = await race((racer) => documents().replace('user', read, { racer }))
        assert.equal(wonBy(results, Boolean), 1)
        const stored = await documents().get('user', 'replace-race')
        assert.deepEqual(stored, { name: 'replace-race', body: { racer: results.indexOf(true) }, version: 2 })
      })

      test('delete tells whether there was something, once', async () => {
        await documents().put('user', 'delete', {})
        const results = await race(() => documents().delete('user', 'delete'))
        assert.equal(wonBy(results, Boolean), 1)
        assert.equal(await documents().get('user', 'delete'), undefined)
      })

      test('a list comes in the order of code points, in pages', async () => {
        const names = ['Z', 'a', 'b', 'ä', '\uFFFD', '😀']
        for (const name of names.toReversed()) await documents().put('privilege', name, { name })
        const listNames = async (page?: { after?: string; limit?: number }) =>
          (await documents().list('privilege', page)).map(({ name }) => name)
        assert.deepEqual(await listNames(), names)
        assert.deepEqual(await listNames({ limit: 2 }), ['Z', 'a'])
        assert.deepEqual(await listNames({ after: 'a', limit: 2 }), ['b', 'ä'])
        assert.deepEqual(await listNames({ after: '😀' }), [])
      })

      test('a list without a limit ends at 1000', async () => {
        const names = Array.from({ length: 1001 }, (_, number) => String(number).padStart(4, '0'))
        await Promise.all(names.map((name) => documents().put('node', name, {})))
        const list = await documents().list('node')
        assert.equal(list.length, 1000)
        assert.equal(list.at(-1)?.name, '0999')
      })
    })

    describe('token pairs', () => {
      const tokens = () => store.tokens

      test('a pair comes back whole', async () => {
        const pair = newPair({
          subject: { issuer: 'https://op', subject: 'alice', sessionId: 's1' },
          idToken: new Uint8Array([0, 1, 255]),
        })
        assert.equal(await tokens().create(pair), 'created')
        const expected = { ...pair, accessInvalidated: false, refreshInvalidated: false }
        assert.deepEqual(await tokens().find(pair.id), expected)
        assert.deepEqual(await tokens().findMany([pair.id]), [expected])
      })

      test('a pair without the optional fields comes back without them', async () => {
        const { refreshHash: _, ...pair } = newPair()
        await tokens().create(pair)
        assert.deepEqual(await tokens().find(pair.id), { ...pair, accessInvalidated: false, refreshInvalidated: false })
      })

      test('ids that differ in the last bit are different, up to 63 bits', async () => {
        const [odd, even] = [newPair({ id: 2n ** 63n - 1n, username: 'odd' }), newPair({ id: 2n ** 63n - 2n })]
        await tokens().create(odd)
        await tokens().create(even)
        assert.equal((await tokens().find(odd.id))?.username, 'odd')
        assert.equal((await tokens().find(even.id))?.username, 'alice')
        const found = await tokens().findMany([even.id, odd.id])
        assert.deepEqual(new Set(found.map(({ id }) => id)), new Set([even.id, odd.id]))
      })

      test('an id of more bits is nobody’s', async () => {
        for (const id of [2n ** 63n, 2n ** 64n - 1n, 2n ** 64n + 5n, -1n]) {
          assert.equal(await tokens().find(id), undefined)
          assert.deepEqual(await tokens().findMany([id]), [])
          assert.deepEqual(await tokens().invalidate([{ id, side: 'access' }]), ['absent'])
          await assert.rejects(async () => tokens().create(newPair({ id })), RangeError)
        }
      })

      test('of many that create one id, one wins and the others change nothing', async () => {
        const { id } = newPair()
        const results = await race((racer) => tokens().create(newPair({ id, username: `racer ${racer}` })))
        assert.equal(
          wonBy(results, (result) => result === 'created'),
          1,
        )
        assert.equal(
          wonBy(results, (result) => result === 'id_taken'),
          49,
        )
        assert.equal((await tokens().find(id))?.username, `racer ${results.indexOf('created')}`)
      })

      test('a check of an access token learns what the whole pair would tell', async () => {
        const pair = newPair()
        await tokens().create(pair)
        const { accessHash, accessExpiresAt, authentication } = pair
        const access = { accessHash, accessExpiresAt, authentication }
        assert.partialDeepStrictEqual(await tokens().findAccess(pair.id), { ...access, accessInvalidated: false })
        await tokens().invalidate([{ id: pair.id, side: 'refresh' }])
        assert.partialDeepStrictEqual(await tokens().findAccess(pair.id), { ...access, accessInvalidated: false })
        await tokens().invalidate([{ id: pair.id, side: 'access' }])
        assert.partialDeepStrictEqual(await tokens().findAccess(pair.id), { ...access, accessInvalidated: true })
        assert.equal(await at(pair.removeAt, () => tokens().findAccess(pair.id)), undefined)
        assert.equal(await tokens().findAccess(newPair().id), undefined)
        assert.equal(await tokens().findAccess(2n ** 63n), undefined)
      })

      test('what a sign-out needs is told for as long as the pair is there, however dead it is', async () => {
        const pair = newPair({ idToken: new Uint8Array(randomBytes(40)) })
        const { refreshHash: _absent, ...bare } = newPair()
        for (const each of [pair, bare] as NewTokenPair[]) {
          await tokens().create(each)
          await tokens().invalidate([{ id: each.id, side: 'access' }])
          const login = (await tokens().findLogin(each.id)) ?? assert.fail()
          assert.equal(login.id, each.id)
          assert.deepEqual(login.authentication, each.authentication)
          for (const name of ['accessHash', 'refreshHash', 'idToken'] as const)
            assert.deepEqual(login[name] && Buffer.from(login[name]), each[name] && Buffer.from(each[name]), name)
        }
        assert.equal(await at(pair.removeAt, () => tokens().findLogin(pair.id)), undefined)
        for (const id of [newPair().id, 2n ** 63n]) assert.equal(await tokens().findLogin(id), undefined)
      })

      test('the hash of a side is told for as long as the pair is there, however dead the side is', async () => {
        const pair = newPair()
        const { refreshHash: _absent, ...bare } = newPair()
        for (const each of [pair, bare]) await tokens().create(each)
        await tokens().invalidate([{ id: pair.id, side: 'access' }])
        assert.deepEqual(Buffer.from((await tokens().findHash(pair.id, 'access')) ?? []), Buffer.from(pair.accessHash))
        const told = await tokens().findHash(pair.id, 'refresh')
        assert.deepEqual(Buffer.from(told ?? []), Buffer.from(pair.refreshHash ?? []))
        assert.equal(await tokens().findHash(bare.id, 'refresh'), undefined)
        assert.equal(await at(pair.removeAt, () => tokens().findHash(pair.id, 'access')), undefined)
        for (const id of [newPair().id, 2n ** 63n]) assert.equal(await tokens().findHash(id, 'access'), undefined)
      })

      test('no mark outlives an invalidation', async () => {
        const pairs = Array.from({ length: 20 }, () => newPair())
        await Promise.all(pairs.map((pair) => tokens().create(pair)))
        await Promise.all(
          pairs.map(async ({ id }) => {
            const mark = tokens().readMark()
            await tokens().invalidate([{ id, side: 'access' }])
            if (mark !== undefined) assert.notEqual(tokens().readMark(), mark)
          }),
        )
      })

      test('findMany leaves out what is not there', async () => {
        const pair = newPair()
        await tokens().create(pair)
        const found = await tokens().findMany([newPair().id, pair.id, newPair().id])
        assert.deepEqual(
          found.map(({ id }) => id),
          [pair.id],
        )
        assert.deepEqual(await tokens().findMany([]), [])
      })

      test('invalidation tells what it did to each side, in the order asked', async () => {
        const pair = newPair()
        const { refreshHash: _, ...accessOnly } = newPair()
        await tokens().create(pair)
        await tokens().create(accessOnly)
        const results = await tokens().invalidate([
          { id: pair.id, side: 'refresh' },
          { id: newPair().id, side: 'access' },
          { id: accessOnly.id, side: 'refresh' },
          { id: pair.id, side: 'refresh' },
          { id: accessOnly.id, side: 'access' },
        ])
        assert.deepEqual(results, ['invalidated', 'absent', 'absent', 'previously', 'invalidated'])
        const found = await tokens().find(pair.id)
        assert.equal(found?.refreshInvalidated, true)
        assert.equal(found?.accessInvalidated, false)
        assert.equal((await tokens().find(accessOnly.id))?.accessInvalidated, true)
      })

      test('of many that invalidate one token, one did it', async () => {
        const pair = newPair()
        await tokens().create(pair)
        const results = await race(() => tokens().invalidate([{ id: pair.id, side: 'access' }]))
        assert.equal(
          wonBy(results, ([result]) => result === 'invalidated'),
          1,
        )
        assert.equal(
          wonBy(results, ([result]) => result === 'previously'),
          49,
        )
      })

      test('an invalidation that was acknowledged is seen by every read that begins later', async () => {
        const pairs = Array.from({ length: 50 }, () => newPair())
        await Promise.all(pairs.map((pair) => tokens().create(pair)))
        await Promise.all(
          pairs.map(async ({ id }) => {
            await tokens().invalidate([{ id, side: 'access' }])
            assert.equal((await tokens().find(id))?.accessInvalidated, true)
          }),
        )
      })

      test('a pair that is looked up again and again is told as it is at each time', async () => {
        const [pair, successor] = [newPair({ removeAt: START + 100 }), newPair()]
        const look = async () => {
          const looks = [await tokens().find(pair.id), await tokens().find(pair.id), await tokens().find(pair.id)]
          for (const found of looks) assert.deepEqual(found, looks[0])
          return looks[0]
        }
        assert.equal(await look(), undefined)
        await tokens().create(pair)
        const untouched = { ...pair, accessInvalidated: false, refreshInvalidated: false }
        assert.deepEqual(await look(), untouched)
        const superseding = new Uint8Array([1])
        await tokens().supersede(pair.id, START + 5, superseding, successor)
        const refreshed = { ...untouched, refreshedAt: START + 5, superseding }
        assert.deepEqual(await look(), refreshed)
        await tokens().invalidate([{ id: pair.id, side: 'refresh' }])
        assert.deepEqual(await look(), { ...refreshed, refreshInvalidated: true })
        await tokens().invalidate([{ id: pair.id, side: 'access' }])
        assert.deepEqual(await look(), { ...refreshed, refreshInvalidated: true, accessInvalidated: true })
        assert.equal(await at(START + 100, look), undefined)
      })

      test('of two pairs that had one id after the other, no look-up mixes them', async () => {
        const first = newPair({ removeAt: START + 100, username: 'first' })
        const second = newPair({ id: first.id, username: 'second' })
        await tokens().create(first)
        for (let look = 0; look < 3; look += 1) {
          assert.equal((await tokens().find(first.id))?.username, 'first')
        }
        await at(START + 100, async () => {
          // The first must have been removed.
          while ((await tokens().create(second)) === 'id_taken') await setTimeout(10)
        })
        for (let look = 0; look < 3; look += 1) {
          const found = await tokens().find(first.id)
          assert.deepEqual(found, { ...second, accessInvalidated: false, refreshInvalidated: false })
        }
      })

      test('no read sees half of a write while readers and writers run at once', async () => {
        const pairs = Array.from({ length: 20 }, () => newPair())
        await Promise.all(pairs.map((pair) => tokens().create(pair)))
        const written = new AbortController()
        const reader = async () => {
          while (!written.signal.aborted) {
            const found = await tokens().findMany(pairs.map(({ id }) => id))
            const dead = found.filter((pair) => pair.accessInvalidated && pair.refreshInvalidated)
            assert.equal(found.length, 20)
            assert.ok(dead.length === 0 || dead.length === 20, `${dead.length} of 20`)
            await new Promise((resolve) => setImmediate(resolve))
          }
        }
        const readers = [reader(), reader(), reader()]
        await tokens().invalidate(
          pairs.flatMap(
            ({ id }) =>
              [
                { id, side: 'access' },
                { id, side: 'refresh' },
              ] as const,
          ),
        )
        written.abort()
        await Promise.all(readers)
      })

      test('a refresh supersedes the pair and creates its successor in one write', async () => {
        const [pair, successor] = [newPair(), newPair()]
        await tokens().create(pair)
        const superseding = new Uint8Array([1, 2, 3])
        assert.deepEqual(await tokens().supersede(pair.id, START + 5, superseding, successor), { won: true })
        const found = await tokens().find(pair.id)
        assert.equal(found?.refreshedAt, START + 5)
        assert.deepEqual(found?.superseding, superseding)
        assert.equal(found?.accessInvalidated, false)
        assert.equal((await tokens().find(successor.id))?.username, 'alice')
      })

      test('of many that refresh one pair, one wins, the others learn what it wrote and leave no pair', async () => {
        const pair = newPair()
        await tokens().create(pair)
        const successors = Array.from({ length: 50 }, () => newPair())
        const results = await Promise.all(
          successors.map((successor, racer) => tokens().supersede(pair.id, START, new Uint8Array([racer]), successor)),
        )
        const winner = results.findIndex(({ won }) => won)
        assert.equal(
          wonBy(results, ({ won }) => won),
          1,
        )
        for (const result of results)
          if (!result.won) assert.deepEqual(result.pair?.superseding, new Uint8Array([winner]))
        const alive = await tokens().findMany(successors.map(({ id }) => id))
        assert.deepEqual(
          alive.map(({ id }) => id),
          [successors[winner]?.id],
        )
      })

      test('a refresh loses against an invalidation, and the loser sees it', async () => {
        const [pair, successor] = [newPair(), newPair()]
        await tokens().create(pair)
        await tokens().invalidate([{ id: pair.id, side: 'refresh' }])
        const result = await tokens().supersede(pair.id, START, new Uint8Array([1]), successor)
        assert.equal(result.won, false)
        assert.equal(!result.won && result.pair?.refreshInvalidated, true)
        assert.equal(await tokens().find(successor.id), undefined)
      })

      test('a successor whose id is taken is not created, and the pair can still be refreshed', async () => {
        const [pair, taken] = [newPair(), newPair({ username: 'bob' })]
        await tokens().create(pair)
        await tokens().create(taken)
        const result = await tokens().supersede(pair.id, START, new Uint8Array([1]), newPair({ id: taken.id }))
        assert.equal(result.won, false)
        assert.equal(!result.won && result.pair?.refreshedAt, undefined)
        assert.equal((await tokens().find(taken.id))?.username, 'bob')
        assert.deepEqual(await tokens().supersede(pair.id, START, new Uint8Array([2]), newPair()), { won: true })
      })

      test('a pair that is gone, or has no refresh token, is not superseded', async () => {
        const { refreshHash: _, ...accessOnly } = newPair()
        await tokens().create(accessOnly)
        const [gone, without] = [
          await tokens().supersede(newPair().id, START, new Uint8Array(), newPair()),
          await tokens().supersede(accessOnly.id, START, new Uint8Array(), newPair()),
        ]
        assert.deepEqual(gone, { won: false, pair: undefined })
        assert.equal(!without.won && without.pair?.id, accessOnly.id)
      })

      test('a login and the mark on its response are one write: of many with one response, one wins', async () => {
        const response = newResponse()
        const logins = Array.from({ length: 50 }, () => newPair())
        const results = await Promise.all(logins.map((login) => tokens().create(login, response)))
        assert.equal(
          wonBy(results, (result) => result === 'created'),
          1,
        )
        assert.equal(
          wonBy(results, (result) => result === 'response_replayed'),
          49,
        )
        const stored = await tokens().findMany(logins.map(({ id }) => id))
        assert.deepEqual(
          stored.map(({ id }) => id),
          [logins[results.indexOf('created')]?.id],
        )
        assert.equal(await tokens().responseUsed(response.key), true)
      })

      test('a login whose id is taken leaves its response unused', async () => {
        const [pair, response] = [newPair(), newResponse()]
        await tokens().create(pair)
        assert.equal(await tokens().create(pair, response), 'id_taken')
        assert.equal(await tokens().responseUsed(response.key), false)
        assert.equal(await tokens().create(newPair(), response), 'created')
      })

      test('a failed attempt uses a response up; a success may win over it, once', async () => {
        const response = newResponse()
        await tokens().useUpResponse(response)
        assert.equal(await tokens().responseUsed(response.key), true)
        assert.equal(await tokens().create(newPair(), response), 'created')
        await tokens().useUpResponse(response)
        assert.equal(await tokens().create(newPair(), response), 'response_replayed')
      })

      test('a response is forgotten at its end and not before', async () => {
        const response = newResponse({ keepUntil: START + 10 })
        await tokens().create(newPair(), response)
        assert.equal(await at(START + 9.9, () => tokens().responseUsed(response.key)), true)
        assert.equal(await at(START + 10, () => tokens().responseUsed(response.key)), false)
        assert.equal(
          await at(START + 10, () => tokens().create(newPair(), { ...response, keepUntil: START + 99 })),
          'created',
        )
        assert.equal(await at(START + 10, () => tokens().create(newPair(), response)), 'response_replayed')
      })

      test('a pair is returned until its end however dead its tokens are, and never after', async () => {
        const pair = newPair({ removeAt: START + 100, realm: 'ending' })
        await tokens().create(pair)
        assert.equal((await at(START + 99.9, () => tokens().find(pair.id)))?.id, pair.id)
        await at(START + 100, async () => {
          assert.equal(await tokens().find(pair.id), undefined)
          assert.deepEqual(await tokens().findMany([pair.id]), [])
          assert.deepEqual(await tokens().findAlive({ realm: 'ending' }, START, { limit: 10 }), [])
          assert.deepEqual(await tokens().invalidate([{ id: pair.id, side: 'access' }]), ['absent'])
          const lost = { won: false as const, pair: undefined }
          assert.deepEqual(await tokens().supersede(pair.id, START, new Uint8Array(), newPair()), lost)
        })
      })

      test('pairs are found by realm, user, and both', async () => {
        const [one, two, three] = [
          newPair({ realm: 'r1', username: 'u1' }),
          newPair({ realm: 'r1', username: 'u2' }),
          newPair({ realm: 'r2', username: 'u1' }),
        ]
        for (const pair of [three, two, one]) await tokens().create(pair)
        const find = async (of: { realm?: string; username?: string }) =>
          (await tokens().findAlive(of, START, { limit: 10 })).map(({ id }) => id)
        assert.deepEqual(await find({ realm: 'r1' }), [one.id, two.id])
        assert.deepEqual(await find({ username: 'u1' }), [one.id, three.id])
        assert.deepEqual(await find({ realm: 'r1', username: 'u2' }), [two.id])
        assert.deepEqual(await find({ realm: 'r2', username: 'u2' }), [])
        await assert.rejects(find({}), TypeError)
      })

      test('pairs are found by subject, by session, and never by another issuer’s', async () => {
        const subject = { issuer: 'https://op1', subject: 'bob', sessionId: 's1' }
        const [one, two, three] = [
          newPair({ subject }),
          newPair({ subject: { issuer: 'https://op1', subject: 'bob' } }),
          newPair({ subject: { ...subject, issuer: 'https://op2' } }),
        ]
        for (const pair of [one, two, three]) await tokens().create(pair)
        const find = async (of: { issuer: string; subject?: string; sessionId?: string }) =>
          (await tokens().findAlive({ subject: of }, START, { limit: 10 })).map(({ id }) => id)
        assert.deepEqual(await find({ issuer: 'https://op1', subject: 'bob' }), [one.id, two.id])
        assert.deepEqual(await find({ issuer: 'https://op1', sessionId: 's1' }), [one.id])
        assert.deepEqual(await find(subject), [one.id])
        assert.deepEqual(await find({ issuer: 'https://op2', subject: 'bob' }), [three.id])
      })

      test('a pair is alive while one of its sides is', async () => {
        const { refreshHash: _, ...accessOnly } = newPair({ realm: 'sides' })
        const both = newPair({ realm: 'sides' })
        await tokens().create(accessOnly)
        await tokens().create(both)
        const alive = async (time: number) =>
          (await tokens().findAlive({ realm: 'sides' }, time, { limit: 10 })).map(({ id }) => id)
        assert.deepEqual(await alive(START + 1200), [accessOnly.id, both.id])
        assert.deepEqual(await alive(START + 1201), [both.id])
        await tokens().invalidate([{ id: both.id, side: 'refresh' }])
        assert.deepEqual(await alive(START + 1200), [accessOnly.id, both.id])
        await tokens().invalidate([{ id: both.id, side: 'access' }])
        assert.deepEqual(await alive(START), [accessOnly.id])
      })

      test('a search comes in pages and passes over any number of dead pairs', async () => {
        const pairs = Array.from({ length: 1100 }, () => newPair({ realm: 'crowd' }))
        await Promise.all(pairs.map((pair) => tokens().create(pair)))
        const ids = pairs.map(({ id }) => id)
        const dead = ids.slice(3, -2).flatMap(
          (id) =>
            [
              { id, side: 'access' },
              { id, side: 'refresh' },
            ] as const,
        )
        await tokens().invalidate(dead)
        const first = await tokens().findAlive({ realm: 'crowd' }, START, { limit: 2 })
        const second = await tokens().findAlive({ realm: 'crowd' }, START, { after: ids[1] ?? 0n, limit: 10 })
        assert.deepEqual(
          first.map(({ id }) => id),
          ids.slice(0, 2),
        )
        assert.deepEqual(
          second.map(({ id }) => id),
          [ids[2], ...ids.slice(-2)],
        )
      })
    })

    describe('sessions', () => {
      const sessions = () => store.sessions

      test('a session comes back whole, and one with only handshakes without what it lacks', async () => {
        const signedIn = newSession({ ended: 'SESSION_IDLE_TIMEOUT', accessAgreementAcknowledged: true })
        const { provider: _, usernameHash: __, ...handshakes } = newSession()
        for (const session of [signedIn, handshakes]) {
          assert.deepEqual(await sessions().create(session), [])
          assert.deepEqual(await sessions().find(session.id), { ...session, version: 1 })
        }
      })

      test('a taken id is not created again', async () => {
        const session = newSession()
        await sessions().create(session)
        assert.equal(await sessions().create({ ...session, createdAt: 1 }), undefined)
        assert.equal((await sessions().find(session.id))?.createdAt, START)
      })

      test('of many that update one version, one wins', async () => {
        const session = newSession()
        await sessions().create(session)
        const results = await race((racer) => sessions().update({ ...session, lastActivityAt: START + racer }, 1))
        assert.equal(wonBy(results, Boolean), 1)
        const stored = await sessions().find(session.id)
        assert.deepEqual(stored, { ...session, lastActivityAt: START + results.indexOf(true), version: 2 })
      })

      test('an update can take fields away', async () => {
        const session = newSession()
        await sessions().create(session)
        const { provider: _, usernameHash: __, ...bare } = session
        const tombstone = { ...bare, ended: 'CONCURRENCY_LIMIT', content: new Uint8Array() }
        assert.equal(await sessions().update(tombstone, 1), true)
        assert.deepEqual(await sessions().find(session.id), { ...tombstone, version: 2 })
      })

      test('of many sign-ins that replace one session, one wins and the others leave nothing', async () => {
        const old = newSession()
        await sessions().create(old)
        const fresh = Array.from({ length: 50 }, () => newSession())
        const results = await Promise.all(
          fresh.map((session, racer) =>
            sessions().create(session, {
              replaces: { session: { ...old, lastActivityAt: START + racer }, version: 1 },
            }),
          ),
        )
        const winner = results.findIndex((result) => result !== undefined)
        assert.equal(wonBy(results, Boolean), 1)
        assert.equal((await sessions().find(old.id))?.lastActivityAt, START + winner)
        for (const [index, { id }] of fresh.entries())
          assert.equal((await sessions().find(id)) !== undefined, index === winner)
      })

      test('a sign-in whose id is taken does not touch the session it would replace', async () => {
        const [old, taken] = [newSession(), newSession()]
        await sessions().create(old)
        await sessions().create(taken)
        const replaces = { session: { ...old, lastActivityAt: 1 }, version: 1 }
        assert.equal(await sessions().create(taken, { replaces }), undefined)
        assert.deepEqual(await sessions().find(old.id), { ...old, version: 1 })
      })

      test('the version of a session begins at 1 and rises by one with every write', async () => {
        const session = newSession()
        await sessions().create(session)
        for (const version of [1, 2, 3]) {
          assert.equal((await sessions().find(session.id))?.version, version)
          assert.equal(await sessions().update(session, version), true)
        }
      })

      test('beyond the limit the oldest sessions of a user at a provider become tombstones, others stay', async () => {
        const limit = { most: 2, ended: 'CONCURRENCY_LIMIT', removeAt: START + 50 }
        const mine = (createdAt: number) => newSession({ usernameHash: 'limited', createdAt })
        const others = [
          newSession({ usernameHash: 'another', createdAt: 1 }),
          newSession({ usernameHash: 'limited', createdAt: 1, provider: { type: 'oidc', name: 'oidc2' } }),
          newSession({ usernameHash: 'limited', createdAt: 1, provider: { type: 'token', name: 'oidc1' } }),
        ]
        for (const other of others) await sessions().create(other)
        const [first, second, third] = [mine(30), mine(20), mine(10)]
        assert.deepEqual(await sessions().create(first, { limit }), [])
        assert.deepEqual(await sessions().create(second, { limit }), [])
        assert.deepEqual(await sessions().create(third, { limit }), [second.id], 'the new one counts as the newest')
        const { version, ended, content, removeAt } = (await sessions().find(second.id)) ?? {}
        const tombstone = { version: 2, ended: limit.ended, content: new Uint8Array(), removeAt: limit.removeAt }
        assert.deepEqual({ version, ended, content, removeAt }, tombstone)
        for (const { id } of [first, third, ...others]) assert.equal((await sessions().find(id))?.version, 1)
      })

      test('of many sign-ins at once no more than the limit remain', async () => {
        const limit = { most: 2, ended: 'CONCURRENCY_LIMIT', removeAt: START + 50 }
        const fresh = Array.from({ length: 10 }, () => newSession({ usernameHash: 'parallel' }))
        const ended = await Promise.all(fresh.map((session) => sessions().create(session, { limit })))
        assert.equal(new Set(ended.flatMap((ids) => ids ?? [])).size, 8)
        assert.equal((await sessions().list({ usernameHash: 'parallel' }, { limit: 20 })).length, 2)
      })

      test('the sessions beyond a limit are those that are not among the newest of a user at a provider', async () => {
        const mine = (createdAt: number, more = {}) => newSession({ usernameHash: 'surplus', createdAt, ...more })
        const elsewhere = { provider: { type: 'token', name: 'oidc1' } }
        const [oldest, old, young, youngest] = [mine(1), mine(2), mine(3), mine(4)]
        const others = [
          mine(1, { ended: 'done' }),
          mine(1, { removeAt: START }),
          mine(1, elsewhere),
          mine(2, elsewhere),
        ]
        for (const one of [youngest, old, young, oldest, ...others]) await sessions().create(one)
        const surplusOf = async (most: number, limit = 1000) =>
          (await sessions().listSurplus(most, limit)).filter(({ usernameHash }) => usernameHash === 'surplus')
        assert.deepEqual(
          new Set((await surplusOf(2)).map(({ id, version, createdAt }) => `${id} ${version} ${createdAt}`)),
          new Set([`${oldest.id} 1 1`, `${old.id} 1 2`]),
        )
        assert.equal((await surplusOf(1)).length, 4)
        assert.deepEqual(await surplusOf(4), [])
        assert.equal((await sessions().listSurplus(1, 1)).length, 1)
      })

      test('of the sessions that nobody signed in with, the oldest go beyond the most that are kept', async () => {
        await sessions().trimUnclaimed(0, 10_000)
        const unclaimed = Array.from({ length: 5 }, (_, age) => {
          const { provider: _provider, usernameHash: _hash, ...session } = newSession({ createdAt: START - age })
          return session
        })
        const claimed = newSession({ createdAt: 1 })
        for (const session of [...unclaimed, claimed]) await sessions().create(session)
        assert.equal(await sessions().trimUnclaimed(5, 10), 0)
        assert.equal(await sessions().trimUnclaimed(2, 1), 1)
        assert.equal(await sessions().trimUnclaimed(2, 10), 2)
        const left = await Promise.all(unclaimed.map(({ id }) => sessions().find(id)))
        assert.deepEqual(
          left.map((session) => session !== undefined),
          [true, true, false, false, false],
        )
        assert.ok(await sessions().find(claimed.id))
      })

      test('delete tells whether there was something', async () => {
        const session = newSession()
        await sessions().create(session)
        assert.equal(await sessions().delete(session.id), true)
        assert.equal(await sessions().delete(session.id), false)
        assert.equal(await sessions().update(session, 1), false)
        assert.equal(await sessions().find(session.id), undefined)
      })

      test('a session that is deleted at a version is deleted at this one only, by one of many', async () => {
        const session = newSession()
        await sessions().create(session)
        await sessions().update(session, 1)
        assert.equal(await sessions().delete(session.id, 1), false)
        assert.equal((await sessions().find(session.id))?.version, 2)
        const results = await race((racer) =>
          racer % 2 === 0 ? sessions().delete(session.id, 2) : sessions().update(session, 2),
        )
        assert.equal(results.filter((won) => won).length, 1)
      })

      test('an expired session is not there: not found, listed, updated, replaced or deleted', async () => {
        const session = newSession({ removeAt: START + 10, usernameHash: 'expiring' })
        await sessions().create(session)
        assert.equal((await at(START + 9.9, () => sessions().find(session.id)))?.id, session.id)
        await at(START + 10, async () => {
          assert.equal(await sessions().find(session.id), undefined)
          assert.deepEqual(await sessions().list({ usernameHash: 'expiring' }, { limit: 10 }), [])
          assert.equal(await sessions().update(session, 1), false)
          assert.equal(await sessions().create(newSession(), { replaces: { session, version: 1 } }), undefined)
          assert.equal(await sessions().delete(session.id), false)
        })
      })

      test('sessions are listed by provider and user, in pages, without tombstones', async () => {
        const [basic, saml] = [
          { type: 'basic', name: 'b1' },
          { type: 'saml', name: 's1' },
        ]
        const all = [
          newSession({ id: 'a', provider: basic, usernameHash: 'x' }),
          newSession({ id: 'b', provider: { ...basic, name: 'b2' }, usernameHash: 'x' }),
          newSession({ id: 'c', provider: basic, usernameHash: 'y' }),
          newSession({ id: 'd', provider: saml, usernameHash: 'x' }),
          newSession({ id: 'e', provider: basic, usernameHash: 'x', ended: 'SESSION_EXPIRED' }),
        ]
        for (const session of all.toReversed()) await sessions().create(session)
        const list = async (of: Parameters<typeof store.sessions.list>[0], after?: string, limit = 10) =>
          (await sessions().list(of, { limit, ...(after !== undefined && { after }) })).map(({ id }) => id).join('')
        assert.equal(await list({ provider: { type: 'basic' } }), 'abc')
        assert.equal(await list({ provider: basic }), 'ac')
        assert.equal(await list({ usernameHash: 'x' }), 'abd')
        assert.equal(await list({ provider: basic, usernameHash: 'y' }), 'c')
        assert.equal(await list({ provider: { type: 'basic' } }, 'a', 1), 'b')
        assert.equal(await list({ provider: { type: 'none' } }), '')
        const everything = await list({}, undefined, 1000)
        for (const id of 'abcd') assert.ok(everything.includes(id))
      })
    })

    describe('artefacts', () => {
      const artefacts = () => store.artefacts

      test('an artefact comes back whole, and a bare one bare', async () => {
        const whole = newArtefact({ grantId: 'g', uid: 'u', userCode: 'c', accountId: 'a', consumedAt: START })
        const { removeAt: _, ...bare } = newArtefact({ model: 'Grant' })
        for (const artefact of [whole, bare]) {
          await artefacts().upsert(artefact)
          assert.deepEqual(await artefacts().find(artefact.key), artefact)
        }
      })

      test('upsert writes over what is there, but what was consumed stays consumed', async () => {
        const artefact = newArtefact({ uid: 'before', consumedAt: START })
        await artefacts().upsert(artefact)
        const { consumedAt: _, ...changed } = { ...artefact, uid: 'after', payload: new Uint8Array([9]) }
        await artefacts().upsert(changed)
        assert.deepEqual(await artefacts().find(artefact.key), { ...changed, consumedAt: START })
        assert.equal(await artefacts().findBy(artefact.model, 'uid', 'before'), undefined)
      })

      test('of many that create one key, one wins', async () => {
        const artefact = newArtefact({ model: 'ReplayDetection' })
        const results = await race((racer) => artefacts().create({ ...artefact, payload: new Uint8Array([racer]) }))
        assert.equal(wonBy(results, Boolean), 1)
        assert.deepEqual((await artefacts().find(artefact.key))?.payload, new Uint8Array([results.indexOf(true)]))
      })

      test('an artefact takes the place of one that is there as it was read, also under another key', async () => {
        const read = newArtefact({ uid: 'replaced', grantId: 'before' })
        const { accountId: _, ...next } = newArtefact({ uid: 'replaced', grantId: 'after', removeAt: START + 60 })
        assert.equal(await artefacts().replace(read, next), false)
        assert.equal(await artefacts().find(next.key), undefined)
        await artefacts().upsert(read)
        assert.equal(await artefacts().replace({ ...read, payload: new Uint8Array([0]) }, next), false)
        assert.equal(await artefacts().replace(read, next), true)
        assert.equal(await artefacts().find(read.key), undefined)
        assert.deepEqual(await artefacts().find(next.key), next)
        assert.deepEqual(await artefacts().findBy(next.model, 'uid', 'replaced'), next)
        assert.deepEqual(await artefacts().list([next.model], 'grantId', 'before'), [])
        assert.equal(await at(START + 60, () => artefacts().replace(next, read)), false)
      })

      test('of many that replace one artefact, one wins', async () => {
        const read = newArtefact()
        await artefacts().upsert(read)
        const results = await race((racer) => artefacts().replace(read, { ...read, payload: new Uint8Array([racer]) }))
        assert.equal(wonBy(results, Boolean), 1)
        assert.deepEqual((await artefacts().find(read.key))?.payload, new Uint8Array([results.indexOf(true)]))
      })

      test('an expired artefact is not there, and its key is free again', async () => {
        const artefact = newArtefact({ uid: 'expiring', grantId: 'expiring', consumedAt: START, removeAt: START + 10 })
        const { consumedAt: _, ...again } = { ...artefact, removeAt: START + 60 }
        const upserted = { ...artefact, key: newArtefact().key }
        await artefacts().upsert(artefact)
        await artefacts().upsert(upserted)
        assert.ok(await at(START + 9.9, () => artefacts().find(artefact.key)))
        await at(START + 10, async () => {
          assert.equal(await artefacts().find(artefact.key), undefined)
          assert.equal(await artefacts().findBy(artefact.model, 'uid', 'expiring'), undefined)
          assert.deepEqual(await artefacts().list([artefact.model], 'grantId', 'expiring'), [])
          assert.equal(await artefacts().consume(artefact.key, START + 10), false)
          assert.equal(await artefacts().create(again), true)
          assert.equal(await artefacts().create(again), false)
          await artefacts().upsert({ ...again, key: upserted.key })
          assert.deepEqual(await artefacts().find(upserted.key), { ...again, key: upserted.key })
        })
        const last = newArtefact({ removeAt: START + 10 })
        await artefacts().upsert(last)
        assert.equal(await at(START + 10, () => artefacts().destroy(last.key)), false)
      })

      test('of many that consume one code, one wins', async () => {
        const code = newArtefact()
        await artefacts().upsert(code)
        const results = await race((racer) => artefacts().consume(code.key, START + racer))
        assert.equal(wonBy(results, Boolean), 1)
        assert.equal((await artefacts().find(code.key))?.consumedAt, START + results.indexOf(true))
        assert.equal(await artefacts().consume(newArtefact().key, START), false)
      })

      test('artefacts are found by uid and user code within their model', async () => {
        const session = newArtefact({ model: 'Session', uid: 'u1' })
        const interaction = newArtefact({ model: 'Interaction', uid: 'u1' })
        const device = newArtefact({ model: 'DeviceCode', userCode: 'u1' })
        for (const artefact of [session, interaction, device]) await artefacts().upsert(artefact)
        assert.deepEqual(await artefacts().findBy('Session', 'uid', 'u1'), session)
        assert.deepEqual(await artefacts().findBy('DeviceCode', 'userCode', 'u1'), device)
        assert.equal(await artefacts().findBy('DeviceCode', 'uid', 'u1'), undefined)
      })

      test('artefacts are listed by account and grant, of the models asked for', async () => {
        const access = newArtefact({ model: 'AccessToken', accountId: 'carol', grantId: 'g1' })
        const refresh = newArtefact({ model: 'RefreshToken', accountId: 'carol', grantId: 'g2' })
        for (const artefact of [access, refresh]) await artefacts().upsert(artefact)
        const both = await artefacts().list(['AccessToken', 'RefreshToken'], 'accountId', 'carol')
        assert.deepEqual(new Set(both.map(({ model }) => model)), new Set(['AccessToken', 'RefreshToken']))
        assert.deepEqual(await artefacts().list(['AccessToken'], 'accountId', 'carol'), [access])
        assert.deepEqual(await artefacts().list(['AccessToken', 'RefreshToken'], 'grantId', 'g2'), [refresh])
        assert.deepEqual(await artefacts().list([], 'accountId', 'carol'), [])
      })

      test('a revoked grant takes the artefacts of the models named, and no others', async () => {
        const code = newArtefact({ model: 'AuthorizationCode', grantId: 'revoked' })
        const interaction = newArtefact({ model: 'Interaction', grantId: 'revoked' })
        const other = newArtefact({ model: 'AuthorizationCode', grantId: 'kept' })
        for (const artefact of [code, interaction, other]) await artefacts().upsert(artefact)
        await artefacts().revokeByGrantId('revoked', ['AuthorizationCode', 'AccessToken'])
        assert.equal(await artefacts().find(code.key), undefined)
        assert.deepEqual(await artefacts().find(interaction.key), interaction)
        assert.deepEqual(await artefacts().find(other.key), other)
      })

      test('of a model that has too many artefacts, or too long ones, those that expire first go', async () => {
        const rows = Array.from({ length: 6 }, (_, index) =>
          newArtefact({ model: 'Trimmed', payload: new Uint8Array(10), removeAt: START + 20 - index }),
        )
        const expired = newArtefact({ model: 'Trimmed', payload: new Uint8Array(1000), removeAt: START })
        const { removeAt: _, ...lasting } = newArtefact({ model: 'Trimmed' })
        for (const artefact of [...rows, expired, lasting]) await artefacts().upsert(artefact)
        const trim = (entries: number, bytes: number, limit = 10) =>
          artefacts().trim('Trimmed', { entries, bytes }, limit)
        const left = async () => {
          const found = await Promise.all(rows.map(({ key }) => artefacts().find(key)))
          return found.filter((artefact) => artefact !== undefined)
        }
        assert.equal(await trim(6, 60), 0)
        assert.equal(await trim(3, 60, 1), 1)
        assert.deepEqual(await left(), rows.slice(0, 5))
        const removed = await Promise.all([trim(4, 60), trim(4, 60), trim(4, 60)])
        assert.deepEqual(removed.toSorted(), [0, 0, 1])
        assert.equal(await trim(6, 20), 2)
        assert.deepEqual(await left(), rows.slice(0, 2))
        assert.ok(await artefacts().find(lasting.key))
      })

      test('destroy tells whether there was something', async () => {
        const artefact = newArtefact()
        await artefacts().upsert(artefact)
        assert.equal(await artefacts().destroy(artefact.key), true)
        assert.equal(await artefacts().destroy(artefact.key), false)
      })
    })

    test('a write that fails does not fail those that were under way with it', async () => {
      const good = Array.from({ length: 20 }, () => newPair())
      const successor = newPair()
      const refreshed = newPair()
      await store.tokens.create(refreshed)
      const [failed, ...results] = await Promise.allSettled([
        // In the middle of its write, as no column of times takes this one.
        store.tokens.supersede(refreshed.id, NO_TIME, new Uint8Array(), successor),
        ...good.map((pair) => store.tokens.create(pair)),
      ])
      assert.equal(failed?.status, 'rejected')
      for (const result of results) assert.deepEqual(result, { status: 'fulfilled', value: 'created' })
      assert.equal(
        (await store.tokens.find(refreshed.id))?.refreshedAt,
        undefined,
        'nothing of the failed write is there',
      )
      assert.equal(await store.tokens.find(successor.id), undefined)
      assert.equal((await store.tokens.findMany(good.map(({ id }) => id))).length, 20)
    })

    test('a view of a larger buffer is kept without the rest of it', async () => {
      const pool = Buffer.alloc(1024, 7)
      const artefact = newArtefact({ payload: pool.subarray(10, 20) })
      await store.artefacts.upsert(artefact)
      assert.deepEqual((await store.artefacts.find(artefact.key))?.payload, new Uint8Array(10).fill(7))
    })
  })

  describe(`${driver}: what a restart keeps`, () => {
    const withPlace = async (act: (place: Place) => Promise<void>) => {
      const own = await createPlace()
      try {
        await act(own)
      } finally {
        await own.remove()
      }
    }

    test('everything that was acknowledged is there after a restart', () =>
      withPlace(async (own) => {
        const [pair, response, session, artefact] = [newPair(), newResponse(), newSession(), newArtefact()]
        const first = await own.open(clock)
        await Promise.all([
          first.documents.put('role', 'r', { a: 1 }),
          first.tokens.create(pair, response),
          first.sessions.create(session),
          first.artefacts.upsert(artefact),
        ])
        await first.tokens.invalidate([{ id: pair.id, side: 'access' }])
        await first.close()
        const second = await own.open(clock)
        assert.equal((await second.documents.get('role', 'r'))?.version, 1)
        assert.equal((await second.tokens.find(pair.id))?.accessInvalidated, true)
        assert.equal(await second.tokens.responseUsed(response.key), true)
        assert.equal((await second.sessions.find(session.id))?.version, 1)
        assert.deepEqual(await second.artefacts.find(artefact.key), artefact)
        await second.close()
      }))

    test('close lets the writes in flight finish, and refuses what comes after', () =>
      withPlace(async (own) => {
        const first = await own.open(clock)
        const writes = Array.from({ length: 500 }, (_, number) => first.documents.put('user', `u${number}`, {}))
        await first.close()
        await Promise.all(writes)
        await assert.rejects(first.documents.put('user', 'late', {}), { reason: 'store_unavailable' })
        await assert.rejects(first.documents.get('user', 'u1'), { reason: 'store_unavailable' })
        await assert.rejects(first.check(), { reason: 'store_unavailable' })
        const second = await own.open(clock)
        assert.equal((await second.documents.list('user')).length, 500)
        await second.close()
      }))

    test('that a token was ever created stays known after the last one is removed', () =>
      withPlace(async (own) => {
        let time = START
        const first = await own.open(() => time)
        assert.equal(await first.tokens.everCreated(), false)
        await first.tokens.create(newPair())
        assert.equal(await first.tokens.everCreated(), true)
        await first.close()
        time = START + 100_000
        const second = await own.open(() => time)
        // The first thing a store does is to remove what has expired.
        await second.documents.put('user', 'later', {})
        assert.equal(await second.tokens.everCreated(), true)
        await second.close()
      }))
  })
}
