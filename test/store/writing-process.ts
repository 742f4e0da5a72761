/**
 * A program that opens the store of a folder and writes to it without end, saying on its standard output what was
 * acknowledged: `created ID`, `invalidated ID`, `refused REASON`; and `read` when a read worked.
 */
import { setTimeout } from 'node:timers/promises'
import { systemClock, wholeSeconds } from '../../src/kernel/clock.ts'
import { SecurityError } from '../../src/kernel/errors.ts'
import { createEmbeddedStore } from '../../src/store/embedded.ts'
import { newPair, newResponse } from './records.ts'

// A file that may not grow is an error to handle, not a reason to end.
process.on('SIGXFSZ', () => undefined)

const store = await createEmbeddedStore({ directory: process.argv[2] ?? '', clock: systemClock })
const removeAt = wholeSeconds(systemClock) + 86_400
let ids = BigInt(Date.now()) << 21n
await Promise.all(Array.from({ length: 16 }, write))

async function write(): Promise<never> {
  for (;;) {
    const id = ids++
    try {
      await store.tokens.create(newPair({ id, removeAt }), newResponse({ keepUntil: removeAt }))
      console.log(`created ${id}`)
      await store.tokens.invalidate([{ id, side: 'access' }])
      console.log(`invalidated ${id}`)
    } catch (error) {
      console.log(`refused ${error instanceof SecurityError ? error.reason : String(error)}`)
      await setTimeout(20)
    }
    await store.tokens.find(id)
    console.log('read')
  }
}
