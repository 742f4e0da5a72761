import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKeySource, refreshAfter, type KeySource } from '../../../src/authc/key-source.ts'
import { createLog } from '../../../src/observe/log.ts'
import { openOutbound } from '../../support/outbound.ts'
import { createSigningKeyPair, startScriptedProvider } from '../../support/scripted-provider.ts'

const KEYS = ['a', 'b', 'c'].map((kid) => createSigningKeyPair('ES256', kid))
const [A, B, C] = KEYS as [(typeof KEYS)[0], (typeof KEYS)[0], (typeof KEYS)[0]]
const ids = (source: KeySource) => source.keys().map(({ id }) => id)

/** A key source on a scripted provider that serves `A`, with a clock that the test sets. */
async function open(t: TestContext) {
  const provider = await startScriptedProvider()
  provider.keys = [A]
  const outbound = openOutbound()
  const lines: string[] = []
  const time = { now: 1_800_000_000 }
  const source = createKeySource({
    location: provider.urls.jwks,
    configDirectory: '/nowhere',
    outbound,
    clock: () => time.now,
    log: createLog('warn', { write: (line) => lines.push(line) }),
  })
  t.after(async () => {
    source.close()
    await outbound.close()
    await provider[Symbol.asyncDispose]()
  })
  return { provider, source, lines, time }
}

test('keys are fetched at once, and a demand meanwhile joins that fetch', async (t) => {
  const { provider, source } = await open(t)
  assert.deepEqual(ids(source), [])
  assert.equal(await source.renew(), true)
  assert.deepEqual(ids(source), ['a'])
  assert.equal(provider.count('jwks'), 1)
})

test('two demanded fetches in a row, then one in ten seconds (A-32)', async (t) => {
  const { provider, source, time } = await open(t)
  await source.renew()
  provider.keys = [B]
  assert.equal(await source.renew(), true)
  assert.deepEqual(ids(source), ['b'])
  provider.keys = [C]
  assert.equal(await source.renew(), true)
  assert.equal(await source.renew(), false)
  time.now += 9.9
  assert.equal(await source.renew(), false)
  assert.equal(provider.count('jwks'), 3)
  time.now += 0.2
  assert.equal(await source.renew(), true)
  assert.equal(await source.renew(), false)
  time.now += 3600
  assert.deepEqual([await source.renew(), await source.renew(), await source.renew()], [true, true, false])
  assert.equal(provider.count('jwks'), 6)
})

test('a clock that is set back delays no demanded fetch', async (t) => {
  const { source, time } = await open(t)
  await source.renew()
  time.now -= 3600
  assert.deepEqual([await source.renew(), await source.renew(), await source.renew()], [true, true, false])
  time.now += 10
  assert.equal(await source.renew(), true)
})

test('parallel demands share one fetch (A-32)', async (t) => {
  const { provider, source } = await open(t)
  await source.renew()
  const answers = await Promise.all(Array.from({ length: 20 }, () => source.renew()))
  assert.ok(answers.every(Boolean))
  assert.equal(provider.count('jwks'), 2)
})

const failures = {
  'a status of 500': () => ({ status: 500, body: { keys: [] } }),
  HTML: () => ({ headers: { 'content-type': 'text/html' }, body: '<html></html>' }),
  '2 MiB': () => ({ body: ' '.repeat(2_097_152) }),
  'an invalid key': () => ({ body: { keys: [{ kty: 'RSA' }] } }),
  'a redirect to http': () => ({ status: 302, headers: { location: 'http://op.example.com/' }, body: '' }),
}

for (const [name, script] of Object.entries(failures))
  test(`the old keys stay after ${name} (A-32)`, async (t) => {
    const { provider, source, lines } = await open(t)
    await source.renew()
    provider.script('jwks', script)
    assert.equal(await source.renew(), false)
    assert.deepEqual(ids(source), ['a'])
    assert.match(lines.join(''), /"message":"Failed to retrieve remote JWK set\."/)
  })

test('a provider that is down at the start is only logged, and asked again on demand', async (t) => {
  const { provider, source, lines } = await open(t)
  provider.script('jwks', () => ({ status: 503, body: '' }))
  assert.equal(await source.renew(), false)
  assert.equal(lines.length, 1)
  provider.script('jwks', () => ({ body: { keys: [A.jwk] } }))
  assert.equal(await source.renew(), true)
  assert.deepEqual(ids(source), ['a'])
})

test('keys are refreshed in the background when their age is reached, also after a failure', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { provider, source } = await open(t)
  provider.script('jwks', () => ({ headers: { 'cache-control': 'max-age=600' }, body: { keys: [B.jwk] } }))
  await source.renew()
  provider.script('jwks', () => ({ status: 500, body: '' }))
  t.mock.timers.tick(599_000)
  assert.equal(provider.count('jwks'), 1)
  t.mock.timers.tick(1000)
  await source.renew()
  assert.deepEqual(ids(source), ['b'])
  provider.script('jwks', () => ({ body: { keys: [C.jwk] } }))
  t.mock.timers.tick(300_000)
  await source.renew()
  assert.deepEqual([ids(source), provider.count('jwks')], [['c'], 3])
})

test('the age of keys is what the provider says, between five minutes and a day', () => {
  const ages = { 'max-age=3600': 3600, 'public, max-age="600"': 600, 'max-age=0': 300, 'max-age=9999999': 86_400 }
  for (const [header, seconds] of Object.entries(ages)) assert.equal(refreshAfter(header), seconds, header)
  for (const header of [undefined, 'no-store', 's-maxage=600', 'max-age=-1']) assert.equal(refreshAfter(header), 86_400)
})

test('keys in a file are read at the start and again within five seconds; a bad version is only logged', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'keys-'))
  const put = (text: string) => {
    writeFileSync(join(directory, 'new'), text)
    renameSync(join(directory, 'new'), join(directory, 'jwks.json'))
  }
  put(JSON.stringify({ keys: [A.jwk] }))
  const lines: string[] = []
  const outbound = openOutbound()
  const log = createLog('warn', { write: (line) => lines.push(line) })
  const source = createKeySource({ location: 'jwks.json', configDirectory: directory, outbound, clock: () => 0, log })
  t.after(async () => {
    source.close()
    await outbound.close()
    rmSync(directory, { recursive: true })
  })
  assert.deepEqual(ids(source), ['a'])
  const within5s = async (isThere: () => boolean) => {
    for (const end = Date.now() + 5000; !isThere() && Date.now() < end;) await sleep(50)
    assert.ok(isThere())
  }
  put('{"keys":')
  await within5s(() => lines.length > 0)
  assert.match(lines[0] ?? '', /An error occurred while reloading file .*jwks\.json/)
  assert.deepEqual(ids(source), ['a'])
  put(JSON.stringify({ keys: [B.jwk] }))
  await within5s(() => ids(source)[0] === 'b')
  assert.equal(await source.renew(), false)
})

test('a file that cannot be used, or is not below the configuration directory, ends the start', async () => {
  await using outbound = openOutbound()
  const log = createLog('silent')
  for (const location of ['absent.json', '../../etc/passwd', '/etc/passwd'])
    assert.throws(() => createKeySource({ location, configDirectory: '/tmp', outbound, clock: () => 0, log }), {
      reason: 'argument_illegal',
      message: 'Unable to create a IDTokenValidator instance',
    })
})
