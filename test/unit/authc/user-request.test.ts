import assert from 'node:assert/strict'
import test from 'node:test'
import { readPasswordRequest, readUserRequest } from '../../../src/authc/user-request.ts'
import type { Json } from '../../../src/kernel/json.ts'

const HASH = '$2a$10$N9qo8uLOickgx2ZMRZoMyeeZbdj5rpmHbB1.JYF93P2i4tlG7FPpe'

test("the guide's user is read as printed", () => {
  assert.deepEqual(readUserRequest('facilitator', { password: '<somePasswordHere>', roles: ['facilitator-role'] }), {
    password: { plain: '<somePasswordHere>' },
    roles: ['facilitator-role'],
    fullName: null,
    email: null,
    metadata: {},
    enabled: true,
  })
})

test('every field of a user is read, roles also as one text', () => {
  const body = {
    username: 'joe',
    password_hash: HASH,
    roles: 'a,b',
    full_name: 'Joe',
    email: null,
    metadata: { x: [1] },
    enabled: false,
  }
  assert.deepEqual(readUserRequest('joe', body), {
    password: { hash: HASH },
    roles: ['a', 'b'],
    fullName: 'Joe',
    email: null,
    metadata: { x: [1] },
    enabled: false,
  })
})

const REFUSED: { body: Json; reason?: string; message: string | RegExp }[] = [
  { body: 'x', message: 'failed to parse add user request. expected an object but found [VALUE_STRING] instead' },
  { body: { roles: [], rolls: 1 }, message: 'failed to parse add user request. unexpected field [rolls]' },
  {
    body: { password: 1 },
    message: 'expected field [password] to be of type string, but found [VALUE_NUMBER] instead',
  },
  {
    body: { password: null },
    message: 'expected field [password] to be of type string, but found [VALUE_NULL] instead',
  },
  {
    body: { full_name: [] },
    message: 'expected field [full_name] to be of type string, but found [START_ARRAY] instead',
  },
  { body: { email: true }, message: 'expected field [email] to be of type string, but found [VALUE_BOOLEAN] instead' },
  {
    body: { metadata: 'x' },
    message: 'expected field [metadata] to be of type object, but found [VALUE_STRING] instead',
  },
  {
    body: { enabled: 'true' },
    message: 'expected field [enabled] to be of type boolean, but found [VALUE_STRING] instead',
  },
  {
    body: { roles: {} },
    message: 'could not parse [roles] field. expected a string array but found [START_OBJECT] value instead',
  },
  {
    body: { roles: null },
    message: 'could not parse [roles] field. expected a string array but found null value instead',
  },
  {
    body: { roles: ['a', 1] },
    message:
      'could not parse [roles] field. expected a string array but one of the value in the array is [VALUE_NUMBER]',
  },
  {
    body: { username: 'jane' },
    reason: 'argument_illegal',
    message: '[username] in source does not match the username provided [joe]',
  },
  {
    body: { password: '12345' },
    reason: 'entry_invalid',
    message: 'Validation Failed: 1: passwords must be at least [6] characters long;',
  },
  {
    body: { password: '123456', password_hash: HASH },
    reason: 'entry_invalid',
    message: 'Validation Failed: 1: password_hash has already been set;',
  },
  {
    body: { password_hash: HASH, password: '123456' },
    reason: 'entry_invalid',
    message: 'Validation Failed: 1: password_hash has already been set;',
  },
  { body: { password_hash: 'x' }, reason: 'argument_illegal', message: /^The provided password hash is not a hash/ },
  {
    body: { metadata: { _x: 1 } },
    reason: 'validation_failed',
    message: 'Validation Failed: 1: roles are missing;2: metadata keys may not start with [_];',
  },
]

for (const { body, reason = 'body_unparsable', message } of REFUSED) {
  test(`refused: ${JSON.stringify(body).slice(0, 80)}`, () => {
    assert.throws(() => readUserRequest('joe', body), { reason, message })
  })
}

test('a new password comes in clear or hashed, once, and with nothing else', () => {
  assert.deepEqual(readPasswordRequest({ password: 'opensesame' }), { plain: 'opensesame' })
  assert.deepEqual(readPasswordRequest({ password_hash: HASH }), { hash: HASH })
  assert.throws(() => readPasswordRequest({ passwort: 'x' }), {
    reason: 'body_unparsable',
    message: 'failed to parse change password request. unexpected field [passwort]',
  })
  assert.throws(() => readPasswordRequest({ password: 'short' }), { reason: 'entry_invalid' })
  assert.throws(() => readPasswordRequest({}), {
    reason: 'validation_failed',
    message: 'Validation Failed: 1: password is missing;',
  })
})

test('no message about a password shows it', () => {
  for (const body of [{ password: 'abc' }, { password_hash: 'a secret that is no hash' }]) {
    assert.throws(
      () => readUserRequest('joe', body),
      (error: Error) => !error.message.includes('abc') && !error.message.includes('a secret'),
    )
  }
})
