import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Clock, systemClock } from '../../src/kernel/clock.ts'
import { createEmbeddedStore } from '../../src/store/embedded.ts'
import type { Store } from '../../src/store/store.ts'

/** The embedded store in a folder of its own, closed and removed at the end of the test. */
export async function openTemporaryStore(context: TestContext, clock: Clock = systemClock): Promise<Store> {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-store-'))
  const store = await createEmbeddedStore({ directory: join(directory, 'data'), clock })
  context.after(async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  })
  return store
}
