import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSealer } from '../../../src/kernel/sealer.ts'
import { createTickets } from '../../../src/provider/tickets.ts'
import { openTemporaryStore } from '../../support/temporary-store.ts'

test('a ticket opens on every node, as its own kind of form, until it expires, and is used once', async (t) => {
  let now = 1000
  const { artefacts } = await openTemporaryStore(t, () => now)
  const create = (form: string, secret = 'a secret of the tests') =>
    createTickets<{ a: string }>({ form, artefacts, sealer: createSealer([secret]), clock: () => now })
  // Of a length that leaves the last character two bits to spare.
  const text = create('x').issue({ a: 'a secret content' })
  assert.equal(text.length % 4, 3)
  assert.notEqual(create('x').issue({ a: 'a secret content' }), text)
  assert.ok(!Buffer.from(text, 'base64url').includes('secret content'))

  const ticket = create('x').open(text)
  assert.deepEqual(ticket.content, { a: 'a secret content' })
  const flipped = Buffer.from(text, 'base64url')
  flipped[40] = (flipped[40] ?? 0) ^ 1
  for (const open of [
    () => create('y').open(text),
    () => create('x', 'another secret').open(text),
    () => create('x').open(flipped.toString('base64url')),
    () => create('x').open(text.replace(/.$/, nextCharacter)),
    () => create('x').open(''),
    () => create('x').open('x'.repeat(100_000)),
  ]) {
    assert.throws(open, { reason: 'argument_illegal', message: 'the form is not one of ours' })
  }

  const uses = await Promise.allSettled(Array.from({ length: 8 }, () => create('x').useUp(ticket)))
  assert.equal(uses.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const use of uses) if (use.status === 'rejected') assert.equal(use.reason.message, 'the form was sent before')
  now += 600
  assert.throws(() => create('x').open(text), { reason: 'argument_illegal', message: 'the form has expired' })
})

/** The bits to spare are 0 in what we write: the character after it differs in them alone. */
function nextCharacter(last: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet.charAt(alphabet.indexOf(last) + 1)
}
