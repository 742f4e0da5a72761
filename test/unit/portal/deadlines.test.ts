import assert from 'node:assert/strict'
import test from 'node:test'
import {
  activityInterval,
  buildDeadlines,
  canBeExtended,
  nearestDeadline,
  passedDeadline,
} from '../../../src/portal/deadlines.ts'

const times = { createdAt: 1000, lastActivityAt: 1500 }

test('idle time counts from the last activity, the lifespan from the sign-in, and 0 switches each off', () => {
  assert.deepEqual(buildDeadlines(times, { idleTimeout: 600, lifespan: 3600 }), { idle: 2100, lifespan: 4600 })
  assert.deepEqual(buildDeadlines(times, { idleTimeout: 0, lifespan: 0 }), { idle: undefined, lifespan: undefined })
})

test('a deadline is the first moment at which the session is over, and the lifespan is named if both are', () => {
  const deadlines = { idle: 2100, lifespan: 4600 }
  assert.equal(passedDeadline(deadlines, 2099.9), undefined)
  assert.equal(passedDeadline(deadlines, 2100), 'idle')
  assert.equal(passedDeadline(deadlines, 4600), 'lifespan')
  assert.equal(passedDeadline(deadlines, Number.NaN), 'lifespan', 'a clock that cannot tell keeps nobody in')
  assert.equal(passedDeadline({ idle: undefined, lifespan: undefined }, 9e9), undefined)
})

test('the nearer deadline is the one that counts', () => {
  assert.deepEqual(nearestDeadline({ idle: 5, lifespan: 4 }), { at: 4, reason: 'lifespan' })
  assert.deepEqual(nearestDeadline({ idle: 5, lifespan: 6 }), { at: 5, reason: 'idle' })
  assert.deepEqual(nearestDeadline({ idle: 5, lifespan: undefined }), { at: 5, reason: 'idle' })
  assert.equal(nearestDeadline({ idle: undefined, lifespan: undefined }), undefined)
})

test('extending is offered only where it wins more than five minutes', () => {
  assert.equal(canBeExtended({ idle: 1000, lifespan: undefined }), true)
  assert.equal(canBeExtended({ idle: 1000, lifespan: 1301 }), true)
  assert.equal(canBeExtended({ idle: 1000, lifespan: 1300 }), false)
  assert.equal(canBeExtended({ idle: undefined, lifespan: 9000 }), false)
})

test('activity is written at most every minute, and more often only for a short idle time', () => {
  assert.equal(activityInterval({ idleTimeout: 86_400, lifespan: 0 }), 60)
  assert.equal(activityInterval({ idleTimeout: 10, lifespan: 0 }), 0.5)
  assert.equal(activityInterval({ idleTimeout: 0, lifespan: 0 }), 60)
})
