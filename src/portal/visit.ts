/**
 * One request as the portal sees it: what kind it is, what it asks for, and whose it is. Set on every request before
 * its handler runs.
 */
import type { FastifyRequest } from 'fastify'
import type { JsonObject } from '../kernel/json.ts'
import type { BrowserSession, EndReason, SignedInSession } from './browser-sessions.ts'
import type { RequestKind } from './navigation.ts'
import type { Texts } from './texts.ts'

/** What a route asks of its visitors; a path without a route asks for `required`. */
export interface VisitRules {
  /** `optional`: anonymous visitors are welcome; `none`: nobody looks who it is. */
  readonly access: 'required' | 'optional' | 'none'
  /** A page although its path lies under `/api/` or `/internal/`. */
  readonly page?: true
  /** Shown before the access agreement is acknowledged: the agreement itself, what stands before it. */
  readonly beforeAgreement?: true
  /** A form of ours posts here: its origin is checked, as a form cannot send a header. */
  readonly form?: true
  /** Other sites may post here, by its purpose. */
  readonly crossSite?: true
  /** Using it writes the time of activity at once: it is asked for to stay signed in. */
  readonly extendsSession?: true
  /** The address holds what no other site may learn. */
  readonly noReferrer?: true
}

export interface Visit extends RequestKind {
  /** Path and query as received, with one slash in front; without the base path. */
  readonly address: string
  readonly path: string
  readonly query: URLSearchParams
  /** Made by a script in the background: no activity of the person. */
  readonly system: boolean
  readonly rules: VisitRules
  /** In the language that the browser prefers. */
  readonly texts: Texts
  visitor: Visitor
  /** The cookie belongs to no session any more. */
  deadCookie: boolean
}

export type Visitor = Anonymous | User

export interface Anonymous {
  readonly kind: 'anonymous'
  /** Without a sign-in: handshakes only. */
  readonly session: BrowserSession | undefined
  /** Why the sign-in that this visitor had is over. */
  readonly reason: EndReason | undefined
  /** Perhaps somebody after all: what tells them apart is away at this moment. */
  readonly unidentified?: true
}

export interface User {
  readonly kind: 'user'
  /** The answer of `GET /_security/_authenticate`. */
  readonly profile: JsonObject
  readonly provider: { readonly type: string; readonly name: string }
  /** Absent for a visitor by `Authorization` header. */
  readonly session: SignedInSession | undefined
}

export const NOBODY: Anonymous = { kind: 'anonymous', session: undefined, reason: undefined }
export const UNIDENTIFIED: Anonymous = { ...NOBODY, unidentified: true }

declare module 'fastify' {
  interface FastifyRequest {
    visit: Visit
  }
  interface FastifyContextConfig {
    visit?: VisitRules
  }
}

/** The options of a route. */
export function visitRules(rules: VisitRules): { config: { visit: VisitRules } } {
  return { config: { visit: rules } }
}

/** The visitor of a route with access `required`. */
export function userOf(request: FastifyRequest): User {
  const { visitor } = request.visit
  if (visitor.kind !== 'user') throw new TypeError('a route without required access has no user')
  return visitor
}
