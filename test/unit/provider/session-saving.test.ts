import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeSession } from '../../../src/provider/session-saving.ts'

const read = {
  jti: 'id',
  uid: 'uid',
  exp: 100,
  accountId: 'alice',
  acr: 'a',
  authorizations: { app: { sid: 's1', grantId: 'g1' }, other: { sid: 's2' } },
}

test('what neither changed stays, and each change of either is there', () => {
  const ours = { ...read, exp: 110, authorizations: { ...read.authorizations, ours: { sid: 's3' } } }
  const stored = { ...read, jti: 'new id', authorizations: { ...read.authorizations, theirs: { sid: 's4' } } }
  assert.deepEqual(mergeSession(read, ours, stored), {
    ...read,
    jti: 'new id',
    exp: 110,
    authorizations: { ...read.authorizations, ours: { sid: 's3' }, theirs: { sid: 's4' } },
  })
})

test('what one of them removed is gone, and does not come back with the other', () => {
  const { app, other } = read.authorizations
  const { acr: _, ...without } = read
  const ours = { ...without, authorizations: { other } }
  assert.deepEqual(mergeSession(read, ours, read), { ...without, authorizations: { other } })
  assert.deepEqual(mergeSession(read, read, ours), { ...without, authorizations: { other } })
  assert.deepEqual(mergeSession(read, { ...read, authorizations: { app } }, ours).authorizations, {})
})

test('of two changes of one thing ours is the later', () => {
  const changed = (grantId: string) => ({ ...read, authorizations: { app: { sid: 's1', grantId } } })
  assert.deepEqual(mergeSession(read, changed('ours'), changed('theirs')), changed('ours'))
})
