import type { FastifyReply, FastifyRequest } from 'fastify'
import { CONTENT_SECURITY_POLICY, pagesFor, sendPage, sendRedirect } from './listener.ts'
import type { ProviderPagesIn } from './provider-pages.ts'
import type { EndedSession } from './session-end.ts'

export interface Goal {
  readonly location: string
  /** Whom it leads to; absent: our own page. */
  readonly clientName?: string
}

/**
 * After the end of a session: off to the goal, by way of the relying parties' frames if there are any. Who stays here is
 * told who does not know yet. OpenID Connect Front-Channel Logout 1.0 §3.
 */
export function depart(
  request: FastifyRequest,
  reply: FastifyReply,
  { pages, ended, goal }: { pages: ProviderPagesIn; ended: EndedSession; goal: Goal },
): FastifyReply {
  const { untold, frames } = ended
  const { location, clientName } = goal
  const own = pagesFor(pages, request)
  if (frames.length > 0) {
    const origins = new Set(frames.map((frame) => new URL(frame).origin))
    reply.header('content-security-policy', `${CONTENT_SECURITY_POLICY}; frame-src ${[...origins].join(' ')}`)
    return sendPage(reply, own.frames({ frames, untold, location, clientName }))
  }
  if (untold.length > 0 && clientName === undefined) return sendPage(reply, own.signedOut({ untold }))
  return sendRedirect(reply, location)
}
