/**
 * The decision table of the end-session endpoint, and what holds over all combinations of its inputs. That an expired
 * hint tells the same as a fresh one (EST-7, 8, 9) is shown where hints are read.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  concludeEndSession,
  decideEndSession,
  type Dialog,
  type EndSessionDecision,
  type EndSessionRequest,
  type Hint,
  type HintVerdict,
  type SessionFacts,
} from '../../../src/provider/end-session-decision.ts'
import table from '../../vectors/end-session-decision.json' with { type: 'json' }

const URIS = { none: undefined, reg: 'https://a/bye', unreg: 'https://a/bye/', regB: 'https://b/bye' } as const
const SESSION: SessionFacts = { uid: 'uid-1', accountId: 'alice', sids: { A: 'sid-A', B: 'sid-B' } }

interface Case {
  readonly name: string
  readonly id?: string
  readonly at?: string
  readonly clientId?: string
  readonly uris: readonly (keyof typeof URIS)[]
  readonly client: string | null
  readonly returns: 'never' | 'both' | 'P'
  readonly notices?: readonly string[]
}

function client(id: string, policy: boolean): Hint['client'] {
  const postLogoutRedirectUris = id === 'A' ? [URIS.reg] : [URIS.regB]
  return { id, name: `Client ${id}`, postLogoutRedirectUris, accessTokenHintMayRedirect: policy }
}

/** `A`, `A other`, `A stale` or `forged`. */
function verdict(kind: 'id' | 'at', text: string | undefined, policy: boolean): HintVerdict {
  if (text === undefined) return undefined
  const [id = '', twist] = text.split(' ')
  if (id === 'forged') return 'unusable'
  const accountId = twist === 'other' ? 'bob' : 'alice'
  const stale = twist === 'stale' || twist === 'other'
  if (kind === 'id') return { client: client(id, policy), accountId, sid: stale ? 'sid-old' : `sid-${id}` }
  return { client: client(id, policy), accountId, sessionUid: stale ? 'uid-old' : 'uid-1' }
}

for (const { name, id, at, clientId, uris, client: named, returns, notices = [] } of table.cases as readonly Case[]) {
  for (const policy of [false, true]) {
    for (const uri of uris) {
      const request: EndSessionRequest = {
        idTokenHint: verdict('id', id, policy),
        accessTokenHint: verdict('at', at, policy),
        clientId,
        redirectUri: URIS[uri],
        state: 's',
      }
      const isTarget = returns === 'both' || (returns === 'P' && policy)
      const target = isTarget ? { uri: URIS[uri], state: 's' } : undefined
      const aboutSession = new Set(['other_user', 'other_session'])

      for (const session of [SESSION, undefined]) {
        const title = `${name}, URI ${uri}, ${session ? 'session' : 'no session'}, policy ${policy}`
        test(title, () => {
          const decision = decideEndSession(request, session)
          assert.equal(decision.client?.id ?? null, named)
          assert.deepEqual(decision.target, target)
          assert.equal(decision.page, session ? 'confirm' : isTarget ? 'continue' : 'signed_out')
          const expected = [
            ...notices.filter((notice) => session !== undefined || !aboutSession.has(notice)),
            ...(uri !== 'none' && !isTarget ? ['redirect_ignored'] : []),
          ]
          assert.deepEqual([...decision.notices].sort(), expected.sort())
          assert.equal(decision.noEndsClientLogin, named !== null && !decision.notices.some((n) => aboutSession.has(n)))

          if (session === undefined) return
          const yes = concludeEndSession(dialogOf(decision, session), 'yes', session)
          assert.deepEqual(yes, { ends: 'session', ownPage: 'success', ...(target && { target }) })
          const no = concludeEndSession(dialogOf(decision, session), 'no', session)
          const ends = decision.noEndsClientLogin ? 'client_login' : 'nothing'
          assert.deepEqual(no, { ends, ownPage: 'stayed', ...(target && { target }) })
        })
      }
    }
  }
}

test('a dialog about another session is refused; one about a session that is gone ends nothing', () => {
  const dialog: Dialog = { kind: 'confirm', session: SESSION, noEndsClientLogin: true, target: { uri: URIS.reg } }
  assert.equal(concludeEndSession(dialog, 'yes', { ...SESSION, uid: 'uid-2' }), undefined)
  assert.equal(concludeEndSession(dialog, 'no', { ...SESSION, accountId: 'bob' }), undefined)
  for (const answer of ['yes', 'no'] as const) {
    const expected = { ends: 'nothing', ownPage: 'success', target: { uri: URIS.reg } }
    assert.deepEqual(concludeEndSession(dialog, answer, undefined), expected)
  }
})

test('the continue page never ends a session, even if one exists by now', () => {
  const dialog: Dialog = { kind: 'continue', noEndsClientLogin: true, clientId: 'A' }
  for (const answer of ['yes', 'no'] as const) {
    assert.deepEqual(concludeEndSession(dialog, answer, SESSION), { ends: 'nothing', ownPage: 'success' })
  }
})

test('I-1, I-2: the properties hold over all combinations', () => {
  const hint = fc.constantFrom(undefined, 'A', 'B', 'A other', 'A stale', 'forged')
  const inputs = fc.record({
    id: hint,
    at: hint,
    clientId: fc.constantFrom(undefined, 'A', 'B', 'C'),
    uri: fc.constantFrom(undefined, ...Object.values(URIS), 'https://evil/'),
    policy: fc.boolean(),
    session: fc.constantFrom(undefined, SESSION),
  })
  const decide = ({
    id,
    at,
    clientId,
    uri,
    policy,
    session,
  }: typeof inputs extends fc.Arbitrary<infer T> ? T : never) =>
    decideEndSession(
      {
        idTokenHint: verdict('id', id, policy),
        accessTokenHint: verdict('at', at, policy),
        clientId,
        redirectUri: uri,
      },
      session,
    )
  fc.assert(
    fc.property(inputs, (input) => {
      const { page, target, client: proved } = decide(input)
      // Never an unregistered target, and only for the client that the hint proves.
      if (target) assert.ok(proved?.postLogoutRedirectUris.includes(target.uri))
      // Without the policy, no target without a usable ID token.
      if (target && !input.policy) assert.ok(input.id !== undefined && input.id !== 'forged')
      // No hint, no target, whatever the client id says.
      if (input.id === undefined && input.at === undefined) assert.equal(target, undefined)
      // The dialog exactly when a session exists, whatever hint and URI.
      assert.equal(page === 'confirm', input.session !== undefined)
      // Only yes ends the session, and the target does not depend on the answer.
      if (input.session) {
        const dialog = dialogOf(decide(input), input.session)
        const yes = concludeEndSession(dialog, 'yes', input.session)
        const no = concludeEndSession(dialog, 'no', input.session)
        assert.equal(yes?.ends, 'session')
        assert.notEqual(no?.ends, 'session')
        assert.deepEqual(yes.target, no?.target)
      }
      // The URI decides nothing but the target.
      const { client: other, noEndsClientLogin } = decide({ ...input, uri: undefined })
      assert.deepEqual([other, noEndsClientLogin], [proved, decide(input).noEndsClientLogin])
      // Nor does the policy decide about anything else.
      const opposite = decide({ ...input, policy: !input.policy })
      assert.deepEqual(
        [opposite.page === 'confirm', opposite.noEndsClientLogin],
        [page === 'confirm', noEndsClientLogin],
      )
      // Without a session nothing ends, whatever is answered; a dialog of another session does nothing at all.
      if (input.session) {
        for (const answer of ['yes', 'no'] as const) {
          const dialog = dialogOf(decide(input), input.session)
          assert.equal(concludeEndSession(dialog, answer, undefined)?.ends, 'nothing')
          assert.equal(concludeEndSession(dialog, answer, { ...input.session, uid: 'uid-2' }), undefined)
          assert.equal(concludeEndSession({ ...dialog, kind: 'continue' }, answer, input.session)?.ends, 'nothing')
        }
      }
    }),
    { numRuns: 20_000 },
  )
})

function dialogOf({ client: asking, target, noEndsClientLogin }: EndSessionDecision, session: SessionFacts): Dialog {
  const { uid, accountId } = session
  return {
    kind: 'confirm',
    session: { uid, accountId },
    noEndsClientLogin,
    ...(asking && { clientId: asking.id }),
    ...(target && { target }),
  }
}
