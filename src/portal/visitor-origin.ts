/** Where a session was begun: the browser, its system and the address, as far as they tell. Pure. */
import type { FastifyRequest } from 'fastify'

export interface VisitorOrigin {
  /** Such as `Firefox`; empty if it is not known. */
  readonly browser: string
  readonly system: string
  /** Of the connection. */
  readonly address: string
}

/** The more particular ones first: most browsers name others beside themselves. */
const BROWSERS = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|HeadlessChrome|CriOS|Chromium)\//],
  ['Safari', /\bSafari\//],
  ['curl', /^curl\//],
] as const
const SYSTEMS = [
  ['iOS', /\b(?:iPhone|iPad)\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
] as const
const LONGEST = 512

export function readVisitorOrigin({ headers, ip }: FastifyRequest): VisitorOrigin {
  const agent = (headers['user-agent'] ?? '').slice(0, LONGEST)
  const find = (names: readonly (readonly [string, RegExp])[]) => names.find(([, sign]) => sign.test(agent))?.[0] ?? ''
  return { browser: find(BROWSERS), system: find(SYSTEMS), address: ip }
}
