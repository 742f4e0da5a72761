/** New signing keys while the provider runs: what was signed before stays good, and nobody notices. */
import assert from 'node:assert/strict'
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import * as client from 'openid-client'
import { beginLogin, CALLBACK, discover, KEYS, signIn, startProvider } from '../support/provider.ts'
import { until } from '../support/until.ts'

async function publishedKeys(origin: string): Promise<string[]> {
  const answer = await fetch(`${origin}/.well-known/jwks.json`)
  const { keys } = (await answer.json()) as { keys: { kid: string; d?: string }[] }
  assert.ok(keys.every((key) => key.d === undefined))
  return keys.map(({ kid }) => kid)
}

test('keys rotate under load: announced, then signing; sessions, tokens and hints of before stay good', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-rotation-'))
  t.after(() => rm(directory, { recursive: true }))
  const rotationRequest = join(directory, 'rotate')
  const provider = await startProvider({
    settings: { keys: { ...KEYS, announce: 8 } },
    parts: { rotationRequest },
  })
  t.after(() => provider.close())
  const config = await discover(provider.origin)
  const { browser, tokens } = await signIn(config)
  const before = await publishedKeys(provider.origin)
  assert.equal(before.length, 2)

  await writeFile(rotationRequest, '')
  await until(async () => (await publishedKeys(provider.origin)).length === 4)
  await until(() => isGone(rotationRequest))
  const kidOf = (token = '') => decodeProtectedHeader(token).kid
  const announced = await signIn(config)
  assert.equal(kidOf(announced.tokens.id_token), kidOf(tokens.id_token))

  // Logins all the time; each is verified by openid-client against the published keys.
  let fresh = announced
  await until(async () => {
    fresh = await signIn(await discover(provider.origin))
    return kidOf(fresh.tokens.id_token) !== kidOf(tokens.id_token)
  })
  const after = await publishedKeys(provider.origin)
  assert.ok(after.includes(kidOf(fresh.tokens.id_token) ?? ''))
  assert.ok(!before.includes(kidOf(fresh.tokens.id_token) ?? ''))

  const again = await browser.visit((await beginLogin(config, { prompt: 'none' })).url, { until: CALLBACK })
  assert.ok(new URL(again.url).searchParams.has('code'))
  assert.equal((await client.fetchUserInfo(config, tokens.access_token, 's-alice')).sub, 's-alice')
  const query = new URLSearchParams({ id_token_hint: tokens.id_token ?? '' })
  const dialog = await browser.visit(`${provider.origin}/session/end_session?${query.toString()}`)
  assert.doesNotMatch(dialog.body, /data-notice/)
})

async function isGone(path: string): Promise<boolean> {
  return access(path).then(
    () => false,
    () => true,
  )
}
