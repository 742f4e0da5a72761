/**
 * The checks of a realm against the live provider, in the order in which a login would meet them. Nobody is logged in:
 * the token endpoint gets a made-up code, the authorization endpoint is told to ask nobody.
 */
import { SecurityError } from '../kernel/errors.ts'
import { readJsonObject } from '../kernel/json.ts'
import type { OutboundAnswer } from '../net/outbound.ts'
import { describeError } from '../observe/log.ts'
import { textMember } from '../oidc/jwt.ts'
import { buildDiscoveryUrl, readProviderMetadata, type ProviderMetadata } from '../oidc/provider-metadata.ts'
import { readProviderSupport, type ProviderSupport } from '../oidc/provider-support.ts'
import type { OidcRealmSettings } from '../settings/settings.ts'
import type { Finding } from './finding.ts'
import {
  checkCredentials,
  checkKeys,
  checkRedirectUri,
  checkTls,
  nameSetting,
  type RealmUnderCheck,
} from './realm-probes.ts'

/** Says what it finds while it goes on; a check that cannot be made says why. */
export async function* checkRealm(realm: RealmUnderCheck): AsyncGenerator<Finding> {
  const { op, rp } = realm.settings
  yield* checkTls(realm)
  const { findings, document } = await checkMetadata(realm)
  yield* findings
  const { metadata, support } = document ?? {}
  yield* checkEndpoints(realm.settings, metadata)
  if (support !== undefined) yield* checkSupport(realm.settings, support)
  yield* await checkKeys(realm, op.jwksetPath ?? metadata?.jwksUri)
  if (rp.responseType === 'code') yield await checkCredentials(realm, op.tokenEndpoint ?? metadata?.tokenEndpoint)
  yield await checkRedirectUri(realm, op.authorizationEndpoint ?? metadata?.authorizationEndpoint)
}

interface Document {
  readonly metadata: ProviderMetadata
  readonly support: ProviderSupport
}

async function checkMetadata(realm: RealmUnderCheck): Promise<{ findings: Finding[]; document?: Document }> {
  const { settings, outbound } = realm
  const { issuer } = settings.op
  const url = buildDiscoveryUrl(issuer)
  const isNeeded = settings.op.authorizationEndpoint === undefined || settings.op.jwksetPath === undefined
  const fail = (text: string, advice: string): Finding => {
    const verdict = isNeeded ? 'problem' : 'note'
    return { verdict, subject: 'metadata', text, advice }
  }
  const unread = `check ${nameSetting(settings, 'op.issuer')}, or set every op.* endpoint by hand`
  let answer: OutboundAnswer
  try {
    answer = await outbound.get(url)
  } catch (error) {
    return { findings: [fail(`${url} cannot be fetched: ${describeError(error)}`, unread)] }
  }
  const clock = checkClock(realm, answer)
  if (answer.status !== 200) return { findings: [fail(`${url} answers ${answer.status}`, unread), ...clock] }
  try {
    const metadata = readProviderMetadata(answer.body, issuer)
    const findings: Finding[] = [
      { verdict: 'ok', subject: 'metadata', text: url },
      { verdict: 'ok', subject: 'issuer', text: `${issuer}, as the metadata say` },
      ...clock,
    ]
    return { findings, document: { metadata, support: readProviderSupport(answer.body) } }
  } catch (error) {
    if (!(error instanceof SecurityError)) throw error
    const named = textMember(readJsonObject(answer.body) ?? {}, 'issuer')
    const advice =
      named === undefined ? unread : `if that is the provider, set ${nameSetting(settings, 'op.issuer')}: '${named}'`
    return { findings: [{ verdict: 'problem', subject: 'issuer', text: error.message, advice }, ...clock] }
  }
}

/** By the `Date` of an answer (RFC 9110 §6.6.1), which has whole seconds. */
function checkClock({ settings, now }: RealmUnderCheck, { date }: OutboundAnswer): Finding[] {
  const theirs = Date.parse(date ?? '') / 1000
  const subject = 'clock'
  if (Number.isNaN(theirs)) return [{ verdict: 'note', subject, text: 'the provider does not tell its time' }]
  const ahead = Math.round(theirs - now())
  const skew = settings.allowedClockSkew
  const text =
    Math.abs(ahead) < 2
      ? "ours and the provider's agree"
      : `the provider's is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} ours; ${skew} s are allowed`
  if (Math.abs(ahead) <= skew / 2) return [{ verdict: 'ok', subject, text }]
  const advice = `set the clocks by NTP; ${nameSetting(settings, 'allowed_clock_skew')} is for what remains`
  return [{ verdict: Math.abs(ahead) <= skew ? 'note' : 'problem', subject, text, advice }]
}

const ENDPOINTS = {
  authorizationEndpoint: 'op.authorization_endpoint',
  tokenEndpoint: 'op.token_endpoint',
  userinfoEndpoint: 'op.userinfo_endpoint',
  endsessionEndpoint: 'op.endsession_endpoint',
} as const

function* checkEndpoints(settings: OidcRealmSettings, metadata: ProviderMetadata | undefined): Generator<Finding> {
  const { op, rp } = settings
  const required = ['authorizationEndpoint', ...(rp.responseType === 'code' ? ['tokenEndpoint'] : [])]
  const discovers =
    required.some((name) => op[name as keyof typeof ENDPOINTS] === undefined) || op.jwksetPath === undefined
  for (const [name, row] of Object.entries(ENDPOINTS) as [keyof typeof ENDPOINTS, string][]) {
    const [given, told] = [op[name], metadata?.[name]]
    const subject = row.slice('op.'.length).replace('_endpoint', '')
    const advice = `set ${nameSetting(settings, row)}`
    if (given !== undefined && told !== undefined && given !== told) {
      const text = `${given}, but the metadata say ${told}`
      yield { verdict: 'note', subject, text, advice: `remove ${nameSetting(settings, row)}, or set it to that` }
    } else if (given === undefined && told === undefined && required.includes(name)) {
      yield { verdict: 'problem', subject, text: 'nobody names this endpoint', advice }
    } else if (given === undefined && told !== undefined && !discovers) {
      const loss =
        name === 'endsessionEndpoint' ? 'a logout ends here, and not at the provider' : 'its claims are not used'
      yield {
        verdict: 'note',
        subject,
        text: `the provider has one, the realm does not use it: ${loss}`,
        advice: `${advice}: '${told}'`,
      }
    } else if (given !== undefined || told !== undefined) {
      yield { verdict: 'ok', subject, text: given ?? `${told}, from the metadata` }
    } else if (name === 'endsessionEndpoint') {
      yield { verdict: 'note', subject, text: 'the provider names none: a logout ends here, and not at the provider' }
    }
  }
}

function* checkSupport(settings: OidcRealmSettings, support: ProviderSupport): Generator<Finding> {
  const { rp } = settings
  const rows = [
    ['response type', rp.responseType, support.responseTypes, 'rp.response_type'],
    ['algorithm', rp.signatureAlgorithm, support.signatureAlgorithms, 'rp.signature_algorithm'],
    ['authentication', rp.clientAuthMethod, support.clientAuthMethods, 'rp.client_auth_method'],
  ] as const
  for (const [subject, wanted, offered, row] of rows) {
    if (subject === 'authentication' && rp.responseType !== 'code') continue
    if (offered === undefined || offered.some((each) => sameWords(each, wanted))) {
      yield { verdict: 'ok', subject, text: wanted }
      continue
    }
    const text = `${wanted} is not among what the provider supports: ${offered.join(', ')}`
    yield { verdict: 'problem', subject, text, advice: `set ${nameSetting(settings, row)} to one of them` }
  }
  const unknown = rp.requestedScopes.filter((scope) => support.scopes !== undefined && !support.scopes.includes(scope))
  if (unknown.length > 0) {
    const text = `the provider does not list ${unknown.join(', ')}; it lists ${support.scopes?.join(', ')}`
    yield {
      verdict: 'note',
      subject: 'scopes',
      text,
      advice: `look at ${nameSetting(settings, 'rp.requested_scopes')}`,
    }
  } else yield { verdict: 'ok', subject: 'scopes', text: rp.requestedScopes.join(' ') }
  if (rp.responseType !== 'code' || !rp.pkce || support.challengeMethods?.includes('S256') === true) return
  const text = 'the provider does not announce S256; most ignore what they do not know'
  yield {
    verdict: 'note',
    subject: 'PKCE',
    text,
    advice: `if it refuses logins for it: ${nameSetting(settings, 'rp.pkce')}: false`,
  }
}

/** The order of the words in a response type means nothing. */
function sameWords(a: string, b: string): boolean {
  return a.split(' ').sort().join(' ') === b.split(' ').sort().join(' ')
}
