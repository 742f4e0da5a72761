import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildFrames } from '../../../src/provider/logout-frames.ts'

const ISSUER = 'https://op.example'
const uri = 'https://rp.example/bye'

test('FCO-1: one frame for each client, iss and sid both or neither, the registered query kept', () => {
  const logins = [{ clientId: 'a', sid: 's 1' }]
  const build = (client: { uri: string; sessionRequired: boolean }) =>
    buildFrames([{ clientId: 'a', ...client }], ISSUER, logins)
  assert.deepEqual(build({ uri, sessionRequired: false }), [uri])
  assert.deepEqual(build({ uri, sessionRequired: true }), [`${uri}?iss=https%3A%2F%2Fop.example&sid=s%201`])
  assert.deepEqual(build({ uri: `${uri}?a=b`, sessionRequired: true }), [
    `${uri}?a=b&iss=https%3A%2F%2Fop.example&sid=s%201`,
  ])
})

test('a login without session id gets neither, and a client that is not to be told by frames none', () => {
  const clients = [{ clientId: 'a', uri, sessionRequired: true }]
  assert.deepEqual(buildFrames(clients, ISSUER, [{ clientId: 'a', sid: undefined }]), [uri])
  assert.deepEqual(buildFrames(clients, ISSUER, [{ clientId: 'b', sid: 's' }]), [])
})
