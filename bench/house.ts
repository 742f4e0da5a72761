/** The program that is measured, as `npm start` runs it, with a store that was filled before it starts. */
import { join } from 'node:path'
import { systemClock } from '../src/kernel/clock.ts'
import { createSealer, type Sealer } from '../src/kernel/sealer.ts'
import { createEmbeddedStore } from '../src/store/embedded.ts'
import type { Store } from '../src/store/store.ts'
import { createProgram, type Program, type ProgramOptions } from '../test/support/program.ts'
import { onCores } from './cores.ts'
import { type Seed, seedPairs } from './seed.ts'

const SECRET = 'the-secret-of-the-benchmark-with-more-than-32-bytes'
/** As long as the ID token of a login with some groups. */
const ID_TOKEN = `${'h'.repeat(60)}.${'p'.repeat(600)}.${'s'.repeat(342)}`

export interface House {
  readonly program: Program
  readonly seed: Seed
  readonly sealer: Sealer
}

/** Prepares a program with so many live token pairs, without starting it. The caller owes a `program.remove()`. */
export async function createHouse(pairs: number, options: ProgramOptions = {}): Promise<House> {
  const program = await createProgram({ ...options, secrets: { 'ostiary.secret': SECRET, ...options.secrets } })
  const sealer = createSealer([SECRET])
  const seed: Seed = { madeAt: Date.now(), pairs }
  await withStore(program, (store) => seedPairs(store, seed, { sealer, idToken: ID_TOKEN }))
  return { program, seed, sealer }
}

async function withStore(program: Program, fill: (store: Store) => Promise<void>): Promise<void> {
  await onCores('0,1', async () => {
    const store = await createEmbeddedStore({ directory: join(program.directory, 'data'), clock: systemClock })
    try {
      await fill(store)
    } finally {
      await store.close()
    }
  })
}
