/**
 * Signing out without a browser, where the operator allows it: a program posts its access token, and the session that
 * the token belongs to ends without a question. The one exception to the rule that only a person's answer ends a session.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { BrowserSessions, SignedInSession } from './browser-session.ts'
import type { EndSessionDecision } from './end-session-decision.ts'
import { buildLogoutUrl } from './logout-target.ts'
import type { SessionEnd } from './session-end.ts'

/** What cidaas answers, and its libraries expect. */
const INVALID_TOKEN = {
  success: false,
  status: 400,
  error: { code: 24007, type: 'LoginException', status: 400, error: 'invalid token passed' },
}

/** A browser sends at least one of these, and cannot be made by another site to leave them all out. */
export function isHeadless(headers: IncomingHttpHeaders): boolean {
  const names = Object.keys(headers)
  if (headers.cookie !== undefined || names.some((name) => name.startsWith('sec-fetch-'))) return false
  return headers.accept?.includes('text/html') !== true
}

export async function answerHeadless(
  reply: FastifyReply,
  parts: {
    accessToken: string
    sessions: BrowserSessions
    sessionEnd: SessionEnd
    decide: (session: SignedInSession | undefined) => Promise<EndSessionDecision>
  },
): Promise<FastifyReply> {
  const session = await parts.sessions.findByAccessToken(parts.accessToken)
  if (session === undefined) return reply.code(401).send(INVALID_TOKEN)
  // Read before the token is revoked.
  const { target } = await parts.decide(session)
  await parts.sessionEnd.endSession(session)
  if (target === undefined) return reply.send({ success: true, status: 200 })
  return reply.code(302).header('location', buildLogoutUrl(target)).send()
}
