/** What answers are made of beside JSON: pages, and the session cookie. */
import type { FastifyReply } from 'fastify'
import type { PortalSettings } from '../settings/settings.ts'
import { formatSessionCookie } from './session-cookie.ts'

export function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(page)
}

/** @param secret of the browser's session; `undefined` takes the cookie away */
export function setCookie(reply: FastifyReply, secret: string | undefined, settings: PortalSettings): void {
  void reply.header('set-cookie', formatSessionCookie(secret, settings))
}
