/**
 * A token or a session that was ended is good nowhere from the moment on at which that is acknowledged, although it was
 * checked so often before that everybody knows it by heart.
 */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { systemClock } from '../../src/kernel/clock.ts'
import { createEmbeddedStore, type EmbeddedHolder, holdEmbeddedStore } from '../../src/store/embedded.ts'
import { createPostgresStore } from '../../src/store/postgres.ts'
import type { Store } from '../../src/store/store.ts'
import { startPostgres } from '../support/postgres.ts'
import { type Checked, type Checker, createChecker } from './checker.ts'

const ROUNDS = 30

interface House {
  readonly checkers: readonly Checker[]
  close(): Promise<void>
}

for (const checked of ['tokens', 'sessions'] as const) {
  registerProof(checked, 'one process', openOneProcess)
  registerProof(checked, 'workers of one data folder', openWorkers)
  registerProof(checked, 'nodes of one PostgreSQL', openNodes)
}

function registerProof(checked: Checked, name: string, open: (checked: Checked) => Promise<House>): void {
  describe(`${checked} of ${name}`, () => {
    let house: House
    before(async () => {
      house = await open(checked)
    })
    after(() => house.close())

    const chooseTwo = (round: number) => {
      const { checkers } = house
      const one = checkers[round % checkers.length] ?? assert.fail('nobody is there')
      return [one, checkers[(round + 1) % checkers.length] ?? one] as const
    }

    test('no check that begins after an acknowledged end is good', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const [here, there] = chooseTwo(round)
        const token = await here.issue()
        const watched = [here, there].map((checker) => checker.watch(token))
        await setTimeout(round % 7)
        const ended = await here.end(token)
        for (const { lastGood } of await Promise.all(watched)) assert.ok(lastGood < ended, 'a dead token was good')
      }
    })

    test('the one who is asked first after an end refuses, and whoever else is good stays it', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const [here, there] = chooseTwo(round)
        const [ended, other] = await Promise.all([here.issue(), there.issue()])
        for (const checker of [here, there, here, there])
          for (const token of [ended, other]) assert.equal(await checker.check(token), 'good')
        await here.end(ended)
        assert.equal(await there.check(ended), 'ended')
        assert.equal(await here.check(ended), 'ended')
        assert.equal(await there.check(other), 'good')
      }
    })

    test('of many that are ended at once by all, each is refused by all', async () => {
      const [here, there] = chooseTwo(0)
      const tokens = await Promise.all(Array.from({ length: 50 }, () => here.issue()))
      await Promise.all(tokens.flatMap((token) => [here.check(token), there.check(token)]))
      await Promise.all(
        tokens.map(async (token, index) => {
          const [one, another] = chooseTwo(index)
          await one.end(token)
          assert.equal(await another.check(token), 'ended')
        }),
      )
    })
  })
}

async function openOneProcess(checked: Checked): Promise<House> {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-remembered-'))
  const store = await createEmbeddedStore({ directory, clock: systemClock })
  return {
    checkers: [createChecker(store, checked), createChecker(store, checked)],
    close: () => closeAll([store], directory),
  }
}

async function openNodes(checked: Checked): Promise<House> {
  const server = await startPostgres()
  const address = server.address(await server.createDatabase())
  const open = () => createPostgresStore({ address, poolSize: 3, fingerprints: ['one'], clock: systemClock })
  const stores = [await open(), await open()]
  const close = async () => {
    await closeAll(stores)
    await server.remove()
  }
  return { checkers: stores.map((store) => createChecker(store, checked)), close }
}

async function openWorkers(checked: Checked): Promise<House> {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-remembered-'))
  const holder = holdEmbeddedStore({ directory, clock: systemClock })
  const workers = await Promise.all([startWorker(holder, directory, checked), startWorker(holder, directory, checked)])
  const close = async () => {
    await Promise.all(workers.map((worker) => worker.stop()))
    await closeAll([holder], directory)
  }
  return { checkers: workers, close }
}

async function startWorker(
  holder: EmbeddedHolder,
  directory: string,
  checked: Checked,
): Promise<Checker & { stop(): Promise<void> }> {
  const program = `${import.meta.dirname}/checking-process.ts`
  const execArgv = ['--disable-warning=ExperimentalWarning']
  const child = fork(program, [directory, checked], { serialization: 'advanced', execArgv })
  const ready = Promise.withResolvers<void>()
  const results: ((result: never) => void)[] = []
  child.on('message', (message: object) => {
    if ('ready' in message) ready.resolve()
    if ('done' in message && 'result' in message) results[Number(message.done)]?.(message.result as never)
  })
  holder.serve({
    pid: child.pid ?? 0,
    send: (message) => void child.send(message),
    onMessage: (listener) => void child.on('message', listener),
  })
  const perform = <Result>(act: keyof Checker, token?: string) =>
    new Promise<Result>((resolve) => child.send({ task: results.push(resolve) - 1, act, token }))
  await ready.promise
  return {
    issue: () => perform('issue'),
    check: (token) => perform('check', token),
    end: (token) => perform('end', token),
    watch: (token) => perform('watch', token),
    async stop() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

async function closeAll(parts: readonly Pick<Store, 'close'>[], directory?: string): Promise<void> {
  for (const part of parts) await part.close()
  if (directory !== undefined) await rm(directory, { recursive: true })
}
