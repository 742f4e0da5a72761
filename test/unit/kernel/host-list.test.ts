import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHostList, isHostListEntry } from '../../../src/kernel/host-list.ts'

test('names are compared whole, addresses also by blocks', () => {
  const hosts = createHostList(['rp.example', '10.1.0.0/16', '127.0.0.1', 'fd00::/8'])
  for (const host of [
    'rp.example',
    'RP.example',
    '10.1.255.3',
    '127.0.0.1',
    '[fd00::1]',
    'fd12::',
    '::ffff:10.1.2.3',
  ]) {
    assert.equal(hosts.has(host), true, host)
  }
  for (const host of ['evil-rp.example', 'rp.example.evil', '10.2.0.1', '127.0.0.2', '[fe80::1]', '']) {
    assert.equal(hosts.has(host), false, host)
  }
})

test('an entry is a name, an address or a block', () => {
  for (const entry of ['localhost', 'rp.example', '10.0.0.0/8', '::1', 'fd00::/8'])
    assert.ok(isHostListEntry(entry), entry)
  for (const entry of [
    '',
    'https://rp.example',
    'rp.example:80',
    '10.0.0.0/33',
    '10.0.0.0/',
    'rp.example/8',
    '*.example',
  ]) {
    assert.ok(!isHostListEntry(entry), entry)
  }
})
