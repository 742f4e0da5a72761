import assert from 'node:assert/strict'
import test from 'node:test'
import { createResponseRedemption } from '../../../src/authc/response-redemption.ts'
import { SecurityError } from '../../../src/kernel/errors.ts'
import type { UsedResponse } from '../../../src/store/store.ts'

const NOW = 1_800_000_000.5

/** A redemption over marks that the test sees, with a store that can be away. */
function open() {
  const marks: UsedResponse[] = []
  const state = { away: false, now: NOW }
  const check = () => {
    if (state.away) throw new SecurityError('store_unavailable', 'away')
  }
  const tokens = {
    async responseUsed(key: Uint8Array) {
      check()
      return marks.some((mark) => Buffer.from(mark.key).equals(key))
    },
    async useUpResponse(response: UsedResponse) {
      check()
      marks.push(response)
    },
  }
  return { marks, state, redemption: createResponseRedemption({ realm: 'r', tokens, clock: () => state.now }) }
}

test('an attempt that is under way keeps others away, and so does its failure', async () => {
  const { redemption, marks } = open()
  const response = await redemption.begin('s')
  assert.equal(response.keepUntil, Math.ceil(NOW) + 3600)
  await assert.rejects(redemption.begin('s'), { reason: 'response_replayed' })
  await redemption.begin('t')
  await redemption.useUp(response)
  assert.deepEqual(marks, [response])
  await assert.rejects(redemption.begin('s'), { reason: 'response_replayed' })
})

test('a store that is away uses no response up', async () => {
  const { redemption, state } = open()
  state.away = true
  await assert.rejects(redemption.begin('s'), { reason: 'store_unavailable' })
  state.away = false
  await redemption.begin('s')
})

test('a response whose mark could not be written is not tried again meanwhile', async () => {
  const { redemption, state } = open()
  const response = await redemption.begin('s')
  state.away = true
  await assert.rejects(redemption.useUp(response), { reason: 'store_unavailable' })
  state.away = false
  await assert.rejects(redemption.begin('s'), { reason: 'response_replayed' })
})

test('what this process remembers ends after five minutes, when the store knows it', async () => {
  const { redemption, state } = open()
  await redemption.begin('s')
  state.now += 299
  await assert.rejects(redemption.begin('s'), { reason: 'response_replayed' })
  state.now += 2
  await redemption.begin('s')
})

test('so it does after the clock was set back', async () => {
  const { redemption, state } = open()
  await redemption.begin('before')
  state.now -= 86_400
  await redemption.begin('s')
  state.now += 300
  await redemption.begin('s')
})
