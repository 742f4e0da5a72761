import assert from 'node:assert/strict'
import test from 'node:test'
import {
  checkPassword,
  checkPasswordHash,
  hashPassword,
  NOBODYS_HASH,
  verifyPassword,
} from '../../../src/authc/password.ts'
import { readVectors } from '../../support/vectors.ts'

const vectors = readVectors('password-hashes.json') as {
  accepted: { name: string; password: string; hash: string }[]
  refused: { name: string; hash: string }[]
}

for (const { name, password, hash } of vectors.accepted) {
  test(`${name}: its password is right, any other is wrong`, async () => {
    checkPasswordHash(hash)
    assert.equal(await verifyPassword(password, hash), true)
    assert.equal(await verifyPassword(`${password.slice(0, 60)}!`, hash), false)
    assert.equal(await verifyPassword('', hash), false)
  })
}

for (const { name, hash } of vectors.refused) {
  test(`${name}: is no hash that could be stored`, async () => {
    assert.throws(() => checkPasswordHash(hash), {
      reason: 'argument_illegal',
      message:
        /^The provided password hash is not a hash or it could not be resolved to a supported hash algorithm\. The supported password hash algorithms are \[bcrypt, bcrypt4, .*pbkdf2_stretch_1000000\]$/,
    })
  })
}

test('a password is hashed with bcrypt of version 2a and cost 10, each time with another salt', async () => {
  const [first, second] = await Promise.all([hashPassword('opensesame'), hashPassword('opensesame')])
  assert.match(first, /^\$2a\$10\$[./A-Za-z0-9]{53}$/)
  assert.notEqual(first, second)
  assert.equal(await verifyPassword('opensesame', second), true)
  checkPasswordHash(first)
})

test('every byte of a long password counts', async () => {
  const long = 'ü'.repeat(37)
  const hash = await hashPassword(`${long}a`)
  checkPasswordHash(hash)
  assert.equal(await verifyPassword(`${long}a`, hash), true)
  assert.equal(await verifyPassword(`${long}b`, hash), false)
})

test('what is no hash matches nothing, not even itself', async () => {
  assert.equal(await verifyPassword('opensesame', 'opensesame'), false)
  assert.equal(await verifyPassword('', ''), false)
})

test("nobody's hash matches nothing, and costs what a hash of somebody costs", async () => {
  const costOf = async (hash: string) => {
    const before = process.cpuUsage()
    assert.equal(await verifyPassword('another one', hash), false)
    return process.cpuUsage(before).user
  }
  checkPasswordHash(NOBODYS_HASH)
  const [somebodys, nobodys] = [await costOf(await hashPassword('opensesame')), await costOf(NOBODYS_HASH)]
  assert.ok(nobodys > somebodys / 2, `${nobodys} µs instead of ${somebodys}`)
})

test('a password has at least six characters', () => {
  checkPassword('123456')
  assert.throws(() => checkPassword('12345'), {
    reason: 'entry_invalid',
    message: 'Validation Failed: 1: passwords must be at least [6] characters long;',
  })
})
