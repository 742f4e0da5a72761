/**
 * A route is data and two functions: `read` takes the request apart and refuses what is invalid, without any look at
 * the store; `act` does what was asked. Between them stands the authorization, so that an invalid request is a 400
 * also for those who may not.
 */
import type { Authentication } from '../authc/authentication.ts'
import type { Json, JsonObject } from '../kernel/json.ts'
import type { BodyShape } from './body-shape.ts'
import type { Query } from './query.ts'

/** In the order in which the `Allow` header names them. */
export const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH'] as const
export type Method = (typeof METHODS)[number]

/** What a caller sent. */
export interface Call {
  /** The variable parts of the path, decoded. */
  readonly path: Readonly<Record<string, string>>
  readonly query: Query
  /** Any JSON value; `undefined` if there was none, or if the route takes none. */
  readonly body: Json | undefined
}

export interface Answer {
  /** 200 if left out. */
  readonly status?: number
  readonly body: JsonObject
  /** The body as JSON, where it is at hand. */
  readonly text?: string
}

/** A change of who may do what, in the words of the audit log: its name, and what is put, deleted or changed. */
export type ConfigChange = { readonly 'event.action': string } & Readonly<
  Partial<Record<'put' | 'delete' | 'change', Json>>
>

export interface Route<Value = unknown> {
  /** For the API's document. */
  readonly summary: string
  readonly methods: readonly Method[]
  /** With variable parts in the form `:name`. */
  readonly path: string
  /** The names of the query parameters that `read` looks at. */
  readonly parameters?: readonly string[]
  /** Left out: a body is refused. */
  readonly body?: 'required' | 'optional'
  /** What the body has, for the API's document. */
  readonly fields?: BodyShape
  /** Takes the request apart. @throws SecurityError or ApiError */
  read(call: Call, caller: Authentication): Value
  /** The name of the action that the caller must be allowed. */
  action(value: Value): string
  /** Whether it is what every caller may do to its own account, without any role. Left out: never. */
  onOwnAccount?(value: Value, caller: Authentication): boolean
  /** What `act` will change, for the audit log. Left out: nothing that it keeps. */
  change?(value: Value, caller: Authentication): ConfigChange | readonly ConfigChange[]
  /** @param requestId for the log */
  act(value: Value, caller: Authentication, requestId: string): Promise<Answer>
}

/** Forgets the type of what goes from `read` to `act`, after checking that they agree. */
export function defineRoute<Value>(route: Route<Value>): Route {
  return route
}
