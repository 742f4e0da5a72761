/** A whole visit: the start of a login, the way back from the instant provider, and the logout. */
import { codeFor } from '../servers/provider-code.ts'
import type { Answer } from './connection.ts'
import { buildRequest, type Client } from './scenario.ts'

export interface VisitScenario {
  readonly name: 'visit'
  /** Where a login starts. */
  readonly login: string
  readonly logout: string
  /** The origin of the instant provider: each visit goes there twice. */
  readonly provider: string
}

/** The browser's own call to the provider is left out: what comes back from there is known. */
export function createVisitClient({ login, logout, provider }: VisitScenario): Client {
  let steps = [login]
  const cookies = new Map<string, string>()
  return {
    next() {
      if (steps.length === 0) {
        cookies.clear()
        steps = [login]
      }
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      return buildRequest('GET', steps[0] ?? login, { accept: 'text/html', ...(cookie !== '' && { cookie }) })
    },
    check(answer) {
      const [step] = steps
      const location = readRedirect(answer)
      for (const [, name = '', value = ''] of answer.head.matchAll(/\r\nset-cookie: *([^=]+)=([^;\r]*)/gi)) {
        cookies.set(name, value)
      }
      if (step === login) steps = [readCallback(location, provider), logout]
      else steps = steps.slice(1)
      if (step === logout && !(location.startsWith(`${provider}/end?`) && location.includes('id_token_hint=ey'))) {
        throw new Error(`a logout led to ${location}`)
      }
    },
  }
}

function readRedirect({ status, head, body }: Answer): string {
  const location = /\r\nlocation: *([^\r]+)/i.exec(head)?.[1]
  if (status === 302 && location !== undefined) return location
  throw new Error(`expected a redirect, got: ${head}\r\n\r\n${body.toString().slice(0, 2000)}`)
}

/** Path and query by which the provider would send the browser back. */
function readCallback(location: string, provider: string): string {
  if (!location.startsWith(`${provider}/authorize?`)) throw new Error(`a login led to ${location}`)
  const { searchParams } = new URL(location)
  const back = new URL(searchParams.get('redirect_uri') ?? '')
  back.searchParams.set('code', codeFor(searchParams.get('nonce') ?? ''))
  const state = searchParams.get('state')
  if (state !== null) back.searchParams.set('state', state)
  return back.pathname + back.search
}
