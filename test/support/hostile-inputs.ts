/**
 * Hostile inputs, one set for every consumer of their kind, and the table of what each consumer makes of them. Whatever
 * comes, no answer blames the server, shows the input as markup, or leads a browser to where nobody registered.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Agent } from 'undici'
import { isJsonObject, type Json } from '../../src/kernel/json.ts'
import { buildHostileJwts } from './hostile-jwts.ts'
import { readVectors } from './vectors.ts'

export type HostileClass = 'urls' | 'texts' | 'jwts' | 'forms' | 'bodies'

/** How a consumer is asked with a hostile value. */
export interface HostileRequest {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Takes a value: a URL, a text or a JWT. */
export interface ValueConsumer {
  /** The URL that is right here; `~` in the vectors. */
  readonly good?: string
  readonly ask: (value: string) => HostileRequest
}

/** Takes a whole body. */
export interface BodyConsumer {
  /** A field that it knows, a good value of it, and what a good form has besides. */
  readonly field: readonly [name: string, value: string, besides?: string]
  readonly method?: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
}

interface Row {
  readonly consumer: string
  readonly class: HostileClass
  /** Rows of docs/security.md. */
  readonly threats: readonly string[]
  /** Every outcome that there is, and no other. */
  readonly outcomes: readonly string[]
}

interface Case {
  readonly name: string
  readonly value: string
  /** Of a body; empty if it has none. */
  readonly contentType: string
}

/** Where a browser may be led, by name. */
export type Places = Readonly<Record<string, string>>

const agent = new Agent({ connections: 20, maxHeaderSize: 262_144 })
const AT_ONCE = 20

/**
 * A test for each row of the table at this edge, and one that the table is complete.
 * @param parts `explain`: what the log says about a refusal that the answer is silent about
 */
export function testHostileInputs(
  edge: 'api' | 'portal' | 'provider',
  parts: {
    readonly values: () => Readonly<Record<string, ValueConsumer>>
    readonly bodies: () => Readonly<Record<string, BodyConsumer>>
    readonly places: () => Places
    readonly explain?: (asked: HostileRequest, id: string) => Promise<string>
  },
): void {
  const table = (readVectors('hostile/consumers.json') as Readonly<Record<string, readonly Row[]>>)[edge] ?? []
  for (const row of table)
    test(`${row.threats.join(', ')}: ${row.consumer}: hostile ${row.class}`, async () => {
      const outcomes = new Map<string, string[]>()
      const requests = buildRequests(row, parts).map(({ name, asked }, index) => ({
        name,
        asked,
        id: `${row.consumer}-${row.class}-${index}`.replaceAll(/[^\w-]/g, '_'),
      }))
      for (let at = 0; at < requests.length; at += AT_ONCE) {
        const batch = requests.slice(at, at + AT_ONCE)
        const told = await Promise.all(batch.map(({ name, asked, id }) => tryInput(name, asked, id, parts.places())))
        for (const [index, { name, asked, id }] of batch.entries()) {
          const outcome = told[index] ?? ''
          const why = outcome.startsWith('401') ? ((await parts.explain?.(asked, id)) ?? '') : ''
          outcomes.set(outcome + why, [...(outcomes.get(outcome + why) ?? []), name])
        }
      }
      assert.deepEqual([...outcomes.keys()].toSorted(), [...row.outcomes].toSorted(), describeOutcomes(outcomes))
    })

  after(() => agent.close())
  test(`every consumer of hostile input at the ${edge} is in the table`, () => {
    const consumers = [...Object.keys(parts.values()), ...Object.keys(parts.bodies())]
    assert.deepEqual([...new Set(table.map(({ consumer }) => consumer))].toSorted(), consumers.toSorted())
  })
}

function buildRequests(row: Row, parts: Parameters<typeof testHostileInputs>[1]) {
  const [taking, body] = [parts.values()[row.consumer], parts.bodies()[row.consumer]]
  if (taking !== undefined)
    return readCases(row.class, taking.good).map(({ name, value }) => ({ name, asked: taking.ask(value) }))
  assert.ok(body, `no consumer [${row.consumer}]`)
  return readCases(row.class).map(({ name, value, contentType }) => ({
    name,
    asked: {
      method: body.method ?? 'POST',
      url: body.url,
      headers: { ...body.headers, ...(contentType !== '' && { 'content-type': contentType }) },
      body: fillIn(value, body.field),
    },
  }))
}

function readCases(kind: HostileClass, good = 'https://good.example/'): Case[] {
  if (kind === 'jwts') return buildHostileJwts().map(({ name, token }) => ({ name, value: token, contentType: '' }))
  const { cases } = readVectors(`hostile/${kind}.json`) as {
    readonly cases: readonly Readonly<Record<string, string>>[]
  }
  return cases.map(({ name = '', url, text, body, contentType }) => ({
    name,
    value: url?.replaceAll('~', good).replace('^', new URL(good).origin) ?? text ?? body ?? '',
    contentType: contentType ?? '',
  }))
}

function fillIn(template: string, [name, value, besides = '']: BodyConsumer['field']): string {
  const fillers: Readonly<Record<string, () => string>> = {
    name: () => name,
    value: () => value,
    good: () => besides,
    NAME: () => name.toUpperCase(),
    encoded: () => `%${name.charCodeAt(0).toString(16)}${name.slice(1)}`,
    deep: () => '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000),
    lists: () => '['.repeat(10_000) + ']'.repeat(10_000),
    '2MiB': () => 'x'.repeat(2_097_152),
  }
  const many = Array.from({ length: 10_000 }, (_, index) => index)
  return template
    .replace('{{10000}}', () => `{${many.map((index) => `"a${index}":1`).join(',')}}`)
    .replace('{10000}', () => many.map((index) => `a${index}=1`).join('&'))
    .replaceAll(/\{([\w]+)\}/g, (all, key: string) => fillers[key]?.() ?? all)
}

/** @returns what came of it, in a few words */
async function tryInput(name: string, asked: HostileRequest, id: string, places: Places): Promise<string> {
  const sent = { 'x-opaque-id': id, ...asked.headers }
  // oxlint-disable-next-line no-control-regex -- what a header cannot carry
  if (Object.values(sent).some((value) => /[^\t\x20-\x7e]/.test(value) || value.length > 60_000))
    return 'cannot be sent'
  const { origin } = new URL(asked.url)
  const method = asked.method as 'POST'
  const answer = await agent.request({
    origin,
    path: asked.url.slice(origin.length),
    method,
    headers: sent,
    // A server that has seen enough closes, and the next request must not meet that.
    reset: true,
    body: asked.body ?? null,
    signal: AbortSignal.timeout(20_000),
  })
  const body = await answer.body.text()
  const header = (key: string) => [answer.headers[key] ?? ''].flat().join(', ')
  const type = header('content-type').split(';', 1)[0] ?? ''
  const told = `${name}: ${answer.statusCode} ${type} ${header('location')} ${body.slice(0, 300)}`

  assert.ok(answer.statusCode < 500, told)
  const cookie = answer.headers['set-cookie'] === undefined ? '' : ' +cookie'
  assert.doesNotMatch(header('set-cookie'), /evil/, told)
  const location = answer.headers['location']
  if (location !== undefined) {
    assert.equal(typeof location, 'string', told)
    return `${answer.statusCode} to ${nameOf(String(location), asked.url, places, told)}${cookie}`
  }
  // Below everything of ours: HTTP's own reader has given up.
  if (answer.statusCode === 431) return '431'
  if (type.endsWith('json')) {
    assert.equal(header('x-content-type-options'), 'nosniff', told)
    return `${answer.statusCode} ${describeJson(JSON.parse(body) as Json, places, told)}${cookie}`
  }
  if (type === 'text/html') {
    checkPage(body, asked, places, told)
    return `${answer.statusCode} page ${describePage(body)}${cookie}`.trim()
  }
  assert.equal(header('x-content-type-options'), 'nosniff', told)
  assert.ok(body === '' || type === 'text/plain', told)
  return `${answer.statusCode} ${type}${cookie}`.trim()
}

/** As a browser reads it. */
function nameOf(location: string, base: string | undefined, places: Places, told: string): string {
  const url = new URL(location, base)
  const place = Object.entries(places).find(([, origin]) => url.origin === origin)?.[0]
  assert.ok(place, told)
  const error = url.searchParams.get('error')
  return error === null ? place : `${place} with ${error}`
}

/** The kind of an error; where a browser is to go; nothing for any other answer. */
function describeJson(json: Json, places: Places, told: string): string {
  if (!isJsonObject(json)) return 'answer'
  const { error, code, redirect, location } = json
  if (isJsonObject(error)) return JSON.stringify(error['type']).slice(1, -1)
  if (typeof error === 'string') return typeof code === 'string' ? code : error.replace(/ for uri .*| \[.*/, '')
  for (const url of [redirect, location])
    if (typeof url === 'string') return `answer to ${nameOf(url, undefined, places, told)}`
  return 'answer'
}

/** The code of an error page, or the notices of a page that goes on. */
function describePage(html: string): string {
  const code = /data-test-subj="errorCode">([a-z_]+)</.exec(html)?.[1]
  const notices = [...html.matchAll(/data-notice="([a-z_]+)"/g)].map(([, notice = '']) => notice)
  return code ?? notices.toSorted((a, b) => a.localeCompare(b)).join(' ')
}

/** No markup of the input's, and no address that leads elsewhere. */
function checkPage(html: string, { url, body = '' }: HostileRequest, places: Places, told: string): void {
  assert.doesNotMatch(html, /<script>alert|<img src=x|' onmouseover='|<!--$|jndi:ldap.*<script/, told)
  for (const [, attribute = '', quoted = ''] of html.matchAll(/\s(href|src|action|formaction)="([^"]*)"/g)) {
    const address = new URL(quoted.replaceAll('&amp;', '&').replaceAll(/&#\d+;|&\w+;/g, '_'), url)
    if (address.href === 'data:,') continue
    assert.ok(Object.values(places).includes(address.origin), `${attribute}=${quoted} ${told} ${body.slice(0, 100)}`)
  }
}

function describeOutcomes(outcomes: ReadonlyMap<string, readonly string[]>): string {
  return [...outcomes]
    .map(([outcome, names]) => `\n  "${outcome}" (${names.length}: ${names.slice(0, 8).join('; ')})`)
    .join('')
}
