import assert from 'node:assert/strict'
import test from 'node:test'
import { verifyPassword } from '../../../src/authc/password.ts'
import { runCommand } from '../../support/command.ts'

test('the printed hash is one of the password', async () => {
  const { code, out, err } = await runCommand(['users', 'hash-password', '--stdin'], { input: 'alice-demo\n' })
  assert.deepEqual([code, err], [0, ''])
  assert.match(out, /^\$2a\$10\$[./A-Za-z0-9]{53}\n$/)
  assert.equal(await verifyPassword('alice-demo', out.trim()), true)
})

test('a short password is refused', async () => {
  assert.deepEqual(await runCommand(['users', 'hash-password', '--stdin'], { input: 'short\n' }), {
    code: 2,
    out: '',
    err: 'passwords must be at least [6] characters long\n',
  })
})
