/** The clean-up of sessions: those past a deadline, those beyond a lowered limit, one node at a time. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { createLog } from '../../src/observe/log.ts'
import { createPortalAudit } from '../../src/portal/portal-audit.ts'
import { createSessionCleanup } from '../../src/portal/session-cleanup.ts'
import { createContentSealer } from '../../src/portal/session-content.ts'
import { createSessionRecords } from '../../src/portal/session-records.ts'
import {
  type PortalFixture,
  type TestBrowser,
  oneProvider,
  openBrowser,
  provider,
  signInByForm,
  startPortal,
  whoAmI,
} from '../support/portal.ts'

test('G2 the clean-up ends what is past its deadline, tells why, and leaves the rest', async (t) => {
  const providers = [provider('basic', 'basic1', 0, undefined, { idleTimeout: 600, lifespan: 3600 })]
  const portal = await startPortal(t, { providers })
  const [idle, old, live] = [openBrowser(portal.app), openBrowser(portal.app), openBrowser(portal.app)]
  await signInByForm(old, 'basic')
  for (let time = 0; time < 3300; time += 300) {
    portal.advance(300)
    await whoAmI(old)
  }
  await signInByForm(live, 'basic')
  await signInByForm(idle, 'other')
  portal.advance(400)
  await whoAmI(live)
  portal.advance(300)
  const [first, second] = [createCleanup(portal, providers), createCleanup(portal, providers)]
  await Promise.all([first.run(), second.run()])
  const told = portal.audited.slice(3)
  assert.deepEqual(new Set(told.map((event) => event['reason'] ?? event['ended'])), new Set(['idle', 'lifespan', 2]))
  assert.ok(
    told.every((event) => event['user.name'] === undefined),
    'the name is known with the cookie only',
  )
  assert.equal(await whoAmI(live), 'basic')
  const refused = await idle.fetch('/internal/security/me')
  assert.equal(refused.headers['kbn-session-error-reason'], 'SESSION_IDLE_TIMEOUT')
  await first.run()
  assert.equal(portal.audited.length, 6, 'not twice within the interval')
  portal.advance(3600)
  await second.run()
  assert.equal(portal.audited.at(-1)?.['event.action'], 'session_cleanup')
})

test('a run of the clean-up that had to stop is gone on with by the next', async (t) => {
  const providers = [provider('basic', 'basic1', 0, undefined, { idleTimeout: 600, lifespan: 0 })]
  const portal = await startPortal(t, { providers })
  for (let count = 0; count < 5; count++) await signInByForm(openBrowser(portal.app), 'basic')
  portal.advance(600)
  for (let count = 0; count < 2; count++) await signInByForm(openBrowser(portal.app), 'other')
  const records = createRecords(portal, providers)
  let ended = 0
  for (let run = 0; run < 4; run++) {
    const now = (await records.endOverdue({ batch: 1, batches: 2 })).length
    assert.ok(now <= 2)
    ended += now
  }
  assert.equal(ended, 5)
})

test('G5 a limit that was lowered ends at the clean-up what is beyond it, once, and leaves the newest', async (t) => {
  const providers = [provider('basic', 'basic1', 0, undefined, { idleTimeout: 600, lifespan: 0 })]
  const portal = await startPortal(t, { providers })
  const [overdue, old, young, other] = Array.from({ length: 4 }, () => openBrowser(portal.app)) as [
    TestBrowser,
    TestBrowser,
    TestBrowser,
    TestBrowser,
  ]
  await signInByForm(old, 'basic')
  portal.advance(1)
  await signInByForm(young, 'basic')
  portal.advance(1)
  await signInByForm(overdue, 'basic')
  await signInByForm(other, 'other')
  portal.advance(500)
  for (const browser of [old, young, other]) await whoAmI(browser)
  portal.advance(200)
  await createCleanup(portal, providers, { maxSessions: 1 }).run()
  const ended = portal.audited.filter((event) => event['event.action'] === 'user_logout')
  assert.deepEqual(
    ended.map(({ reason }) => reason),
    ['idle', 'concurrency limit'],
  )
  const refused = await old.fetch('/internal/security/me')
  assert.equal(refused.headers['kbn-session-error-reason'], 'CONCURRENCY_LIMIT')
  assert.deepEqual([await whoAmI(young), await whoAmI(other)], ['basic', 'other'])
})

test('a clean-up is not put off by as much as the clock is set back', async (t) => {
  const portal = await startPortal(t, oneProvider)
  portal.advance(86_400)
  await createCleanup(portal, []).run()
  portal.advance(-86_400)
  await createCleanup(portal, []).run()
  assert.equal(portal.audited.filter((event) => event['event.action'] === 'session_cleanup').length, 2)
})

test('G7 of ten failed runs of the clean-up in a row the tenth is an error', async (t) => {
  const portal = await startPortal(t, oneProvider)
  const lines: string[] = []
  const failing = createCleanup(portal, [], {
    log: createLog('warn', { write: (line) => lines.push(line) }),
    documents: {
      ...portal.store.documents,
      get: () => Promise.reject(new Error('the store is away')),
    },
  })
  for (let run = 0; run < 9; run++) await failing.run()
  assert.equal(lines.length, 0)
  await failing.run()
  assert.equal(lines.length, 1)
  for (let run = 0; run < 9; run++) await failing.run()
  assert.equal(lines.length, 1, 'the count starts again')
})

function createRecords(
  { store, clock }: PortalFixture,
  providers: ReturnType<typeof provider>[],
  maxSessions?: number,
) {
  const sealer = createContentSealer('an encryption key for tests only, long enough')
  return createSessionRecords({ store: store.sessions, sealer, providers, maxSessions, clock })
}

function createCleanup(
  portal: PortalFixture,
  providers: ReturnType<typeof provider>[],
  { maxSessions, ...more }: Partial<Parameters<typeof createSessionCleanup>[0]> & { maxSessions?: number } = {},
) {
  const log = createLog('silent')
  const { store, audit, clock } = portal
  return createSessionCleanup({
    records: createRecords(portal, providers, maxSessions),
    documents: store.documents,
    audit: createPortalAudit({ audit, log }),
    interval: 3600,
    clock,
    log,
    ...more,
  })
}
