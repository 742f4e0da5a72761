import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { checkClient } from '../../../src/cli/client-checks.ts'
import { type Finding, formatFinding } from '../../../src/cli/finding.ts'
import { createGuardedFetch } from '../../../src/net/guarded-fetch.ts'
import { clientSettings } from '../../support/provider.ts'

const posted: string[] = []
const application = createServer((request, response) => {
  const chunks: Uint8Array[] = []
  request.on('data', (chunk: Uint8Array) => chunks.push(chunk))
  request.on('end', () => {
    if (request.method === 'POST') posted.push(Buffer.concat(chunks).toString())
    const { status, body } = answerTo(request.url ?? '')
    response.writeHead(status).end(body)
  })
})
let origin: string
before(async () => {
  await once(application.listen(0, '127.0.0.1'), 'listening')
  origin = `http://127.0.0.1:${(application.address() as AddressInfo).port}`
})
after(() => application.close())

function answerTo(path: string): { status: number; body: string } {
  if (path === '/keys') return { status: 200, body: JSON.stringify({ keys: [EC_KEY] }) }
  if (path === '/no-keys') return { status: 200, body: '{"keys":[]}' }
  if (path === '/garbage') return { status: 200, body: '<html>' }
  return { status: Number(path.slice(1)) || 404, body: '' }
}

const EC_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
}

async function check(metadata: Record<string, string | string[]>, allowedHosts = ['127.0.0.0/8']): Promise<Finding[]> {
  const calls = createGuardedFetch({ allowedHosts })
  const client = clientSettings('rp', { metadata: { redirect_uris: [], post_logout_redirect_uris: [], ...metadata } })
  try {
    const findings: Finding[] = []
    for await (const finding of checkClient(client, calls)) findings.push(finding)
    return findings
  } finally {
    await calls.close()
  }
}

for (const [path, verdict, text] of [
  ['/400', 'ok', /refuses a made-up logout token/],
  ['/204', 'note', /accepts a made-up logout token: 204/],
  ['/404', 'problem', /answers 404; 400 was expected/],
  ['/501', 'problem', /answers 501/],
  ['/302', 'problem', /answers 302/],
] as const) {
  test(`a back-channel endpoint that answers ${path.slice(1)} is ${verdict}`, async () => {
    const [finding, ...more] = await check({ backchannel_logout_uri: origin + path })
    assert.equal(finding?.verdict, verdict)
    assert.match(finding.text, text)
    assert.deepEqual(more, [])
    assert.equal(posted.at(-1), 'logout_token=made-up')
    if (verdict === 'problem') assert.equal(finding.advice, 'check provider.clients.rp.backchannel_logout_uri')
  })
}

test('an inner address that nobody allowed is a problem, as it will be for the provider', async () => {
  const before = posted.length
  const [finding] = await check({ backchannel_logout_uri: `${origin}/400` }, [])
  assert.equal(finding?.verdict, 'problem')
  assert.match(finding.advice ?? '', /provider\.outbound\.allowed_hosts/)
  assert.equal(posted.length, before)
})

for (const [path, verdict, text] of [
  ['/keys', 'ok', /: 1 for verifying/],
  ['/no-keys', 'problem', /no RSA or EC key/],
  ['/garbage', 'problem', /garbage/],
  ['/404', 'problem', /answers 404/],
] as const) {
  test(`keys at ${path} are ${verdict}`, async () => {
    const [finding] = await check({ jwks_uri: origin + path })
    assert.equal(finding?.verdict, verdict)
    assert.match(finding.text, text)
  })
}

test('each origin that browsers are sent to is looked at once; silence is a note, a private scheme nothing', async () => {
  const findings = await check({
    redirect_uris: [`${origin}/callback`, `${origin}/other`, 'http://127.0.0.1:1/cb', 'com.example.app:/cb'],
    post_logout_redirect_uris: [`${origin}/goodbye`],
    frontchannel_logout_uri: `${origin}/frame`,
  })
  const lines = findings.map((finding) => stripVTControlCharacters(formatFinding(finding)))
  assert.match(
    lines[0] ?? '',
    /^✔ browsers +\S+ \(redirect_uris, post_logout_redirect_uris, frontchannel_logout_uri\) answers$/,
  )
  assert.match(lines[1] ?? '', /^• browsers +http:\/\/127\.0\.0\.1:1 \(redirect_uris\) does not answer here: /)
  assert.equal(lines.length, 2)
})
