import assert from 'node:assert/strict'
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { type AuditEvent, createAudit } from '../../../src/observe/audit.ts'
import { createLog } from '../../../src/observe/log.ts'
import type { AuditIgnoreFilter, AuditSettings } from '../../../src/settings/settings.ts'
import { readText } from '../../support/settings-vectors.ts'

const NODE = { name: 'node-1', clusterName: 'ostiary', clusterUuid: 'a-cluster' }
const DENIED: AuditEvent = { 'event.type': 'transport', 'event.action': 'access_denied', 'user.name': 'jack' }

/** An audit log with the default settings and these changes. */
async function openAudit(t: TestContext, changes: Partial<AuditSettings> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-audit-'))
  t.after(() => rm(directory, { recursive: true }))
  const defaults = readText('').settings?.audit
  assert.ok(defaults)
  const printed: string[] = []
  const logged: string[] = []
  const settings = { ...defaults, directory: join(directory, 'logs'), ...changes }
  const audit = createAudit({
    settings,
    node: NODE,
    clock: () => 1_767_323_045.678,
    log: createLog('info', { write: (line) => logged.push(line) }),
    print: (text) => printed.push(text),
  })
  const file = join(settings.directory, 'ostiary_audit.json')
  return { audit, file, printed, logged }
}

async function readLines(file: string): Promise<JsonObject[]> {
  const text = await readFile(file, 'utf8')
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as JsonObject]))
}

/** Which of these events are written, by their actions. */
async function writtenOf(t: TestContext, changes: Partial<AuditSettings>, events: readonly AuditEvent[]) {
  const { audit, printed } = await openAudit(t, { outputs: new Set(['stdout']), ...changes })
  for (const event of events) audit.write(event)
  await audit.close()
  return printed.map((line) => (JSON.parse(line) as JsonObject)['event.action'])
}

test('a line says what it is, when, where, and the event', async (t) => {
  const { audit, file } = await openAudit(t)
  audit.write({ ...DENIED, 'user.roles': ['a', 'b'], 'user.realm': undefined })
  await audit.close()
  const [line] = await readLines(file)
  assert.deepEqual(Object.keys(line ?? {}).slice(0, 4), ['type', 'timestamp', 'cluster.uuid', 'node.id'])
  assert.equal(line?.['type'], 'audit')
  assert.equal(line['timestamp'], '2026-01-02T03:04:05,678+0000')
  assert.equal(line['cluster.uuid'], 'a-cluster')
  assert.match(JSON.stringify(line['node.id']), /^"[\w-]{22}"$/)
  assert.deepEqual(line['user.roles'], ['a', 'b'])
  assert.ok(!('user.realm' in line), 'what is absent is not written')
})

test('each name of the node is written if asked for', async (t) => {
  const yes = {
    clusterName: true,
    clusterUuid: false,
    nodeName: true,
    nodeId: false,
    hostName: true,
    hostAddress: true,
  }
  const { audit, printed } = await openAudit(t, { outputs: new Set(['stdout']), emit: yes })
  audit.write(DENIED)
  const names = Object.keys(JSON.parse(printed[0] ?? '') as JsonObject)
  assert.deepEqual(names.slice(2, 6), ['cluster.name', 'node.name', 'host.name', 'host.ip'])
})

test('only its owner can read the file', async (t) => {
  const { audit, file } = await openAudit(t)
  audit.write(DENIED)
  await audit.close()
  assert.equal((await stat(file)).mode & 0o777, 0o600)
})

test('a file that is moved away is followed by a new one', async (t) => {
  const { audit, file } = await openAudit(t)
  audit.write(DENIED)
  while (!(await stat(file).catch(() => undefined))) await new Promise((resolve) => setTimeout(resolve, 10))
  await rename(file, `${file}.1`)
  audit.write(DENIED)
  await audit.close()
  assert.equal((await readLines(file)).length, 1)
  assert.equal((await readLines(`${file}.1`)).length, 1)
})

test('ten thousand lines written at once arrive in their order', async (t) => {
  const { audit, file } = await openAudit(t)
  for (let at = 0; at < 10_000; at += 1) audit.write({ ...DENIED, 'request.id': String(at) })
  await audit.close()
  const ids = (await readLines(file)).map((line) => Number(line['request.id']))
  assert.deepEqual(
    ids,
    Array.from({ length: 10_000 }, (_, at) => at),
  )
})

test('lines that cannot be written are told in the log, and never stop a request', async (t) => {
  const { audit, file, logged } = await openAudit(t)
  await rm(join(file, '..'), { recursive: true })
  await writeFile(join(file, '..'), 'in the way')
  audit.write(DENIED)
  await audit.close()
  assert.match(logged.join(''), /lines cannot be written and wait/)
  assert.match(logged.join(''), /"ostiary.lost":1/)
})

test('lines wait while the disk does not take them', async (t) => {
  const { audit, file, logged } = await openAudit(t)
  const folder = join(file, '..')
  await rename(folder, `${folder}.away`)
  audit.write(DENIED)
  while (logged.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  await rename(`${folder}.away`, folder)
  audit.write(DENIED)
  await audit.close()
  assert.equal((await readLines(file)).length, 2)
})

const EVENTS: readonly AuditEvent[] = [
  DENIED,
  { 'event.type': 'rest', 'event.action': 'authentication_success' },
  { 'event.type': 'rest', 'event.action': 'realm_authentication_failed' },
  { 'event.type': 'transport', 'event.action': 'access_granted', 'authentication.type': 'INTERNAL' },
  { 'event.type': 'transport', 'event.action': 'access_granted', 'authentication.type': 'REALM' },
  { 'event.type': 'security_config_change', 'event.action': 'put_user' },
  { 'event.type': 'portal', 'event.action': 'user_login' },
]

test('by default successes, refusals by single realms and what the process does for itself are left out', async (t) => {
  assert.deepEqual(await writtenOf(t, {}, EVENTS), ['access_denied', 'access_granted', 'put_user', 'user_login'])
})

test('what is excluded is left out although it is included, by its name or the name of its type', async (t) => {
  const exclude = new Set(['security_config_change', 'access_denied', 'portal'])
  assert.deepEqual(await writtenOf(t, { exclude }, EVENTS), ['access_granted'])
})

test('_all includes everything', async (t) => {
  assert.equal((await writtenOf(t, { include: new Set(['_all']) }, EVENTS)).length, EVENTS.length)
})

const IGNORING: readonly [string, AuditIgnoreFilter, boolean][] = [
  ['a user', { users: ['j*'] }, true],
  ['a user by a regular expression', { users: ['/ja(ck|ne)/'] }, true],
  ['another user', { users: ['jane'] }, false],
  ['a user and another realm: both must fit', { users: ['jack'], realms: ['native*'] }, false],
  ['one of two roles: all must be covered', { roles: ['viewer'] }, false],
  ['both roles', { roles: ['viewer', 'edit*'] }, true],
  ['an index, which the event does not have', { indices: ['logs'] }, false],
  ['events without an index', { indices: [''] }, true],
]

for (const [name, filter, ignored] of IGNORING)
  test(`an ignore filter of ${name} ${ignored ? 'covers' : 'does not cover'} the event`, async (t) => {
    const event: AuditEvent = { ...DENIED, 'user.realm': 'oidc1', 'user.roles': ['viewer', 'editor'] }
    assert.equal((await writtenOf(t, { ignoreFilters: [filter] }, [event])).length, ignored ? 0 : 1)
  })

test('no ignore filter hides a change of who may do what', async (t) => {
  const event: AuditEvent = { 'event.type': 'security_config_change', 'event.action': 'put_user' }
  assert.deepEqual(await writtenOf(t, { ignoreFilters: [{ users: ['*'] }] }, [event]), ['put_user'])
})
