/**
 * What a login would make of given claims, without a login: nobody is authenticated, nothing is stored, no provider is
 * asked. A raw ID token is taken apart but not verified, as its nonce is spent and its time mostly over.
 */
import { explainRoleMappings, type RoleMappingExplanation } from '../authz/role-mapping-explanation.ts'
import type { Clock } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import { checkIdTokenForm, readIdToken } from '../oidc/id-token.ts'
import { readJwt, textMember, type Jwt } from '../oidc/jwt.ts'
import { explainProperties, type PropertyExplanation } from '../oidc/property-explanation.ts'
import { buildUserMetadata } from '../oidc/user-metadata.ts'
import { buildUserProperties, createPropertyReaders } from '../oidc/user-properties.ts'
import type { OidcRealmSettings } from '../settings/settings.ts'
import type { NamedRoleMapping } from './role-mappings.ts'

/** Merged claims of ID token and userinfo, or a raw ID token. */
export type ExplainedInput = { readonly claims: JsonObject } | { readonly idToken: string }

/** As JSON, for whoever sets the realm up. */
export type LoginExplanation = {
  realm: { name: string; type: string }
  /** Only where a raw ID token was given. `problem`: why a login with it would fail now. */
  id_token?: { verified: false; problem?: string }
  properties: PropertyExplanation[]
  /** Claims that are not shown in the user's metadata. */
  metadata_left_out: string[]
  /** Where the user would be looked up: then neither the other claims nor the mappings say anything. */
  lookup?: { principal: string; realms: string[] }
  /** In the order of their names; none if there is no principal, or if the user would be looked up. */
  role_mappings: RoleMappingExplanation[]
  /** Who would be logged in; `null` if nobody would, or whom a look-up finds. */
  user: ExplainedUser | null
  /** Why nobody would. */
  problem?: { reason: string; detail: string }
}

export type ExplainedUser = {
  username: string
  full_name: string | null
  email: string | null
  groups: string[]
  dn: string | null
  roles: string[]
  metadata: JsonObject
}

export interface LoginExplainer {
  /** @throws SecurityError `realm_unknown`; `argument_illegal` if the ID token is no JWT */
  explain(realm: string, input: ExplainedInput): Promise<LoginExplanation>
}

/** @param parts `realms`: the settings of those that are enabled */
export function createLoginExplainer(parts: {
  readonly realms: readonly OidcRealmSettings[]
  readonly roleMappings: { list(): Promise<NamedRoleMapping[]> }
  readonly clock: Clock
}): LoginExplainer {
  return {
    async explain(name, input) {
      const settings = parts.realms.find((realm) => realm.name === name)
      if (settings === undefined)
        throw new SecurityError('realm_unknown', `Cannot find OpenID Connect realm with name [${name}]`)
      const mappings = await parts.roleMappings.list()
      if ('claims' in input) return explainClaims(settings, mappings, input.claims)
      const { idToken, claims } = readToken(input.idToken)
      const problem = findTokenProblem(settings, idToken, claims, parts.clock())
      const { realm, ...others } = explainClaims(settings, mappings, claims)
      return { realm, id_token: { verified: false, ...(problem === undefined ? {} : { problem }) }, ...others }
    },
  }
}

function explainClaims(
  settings: OidcRealmSettings,
  mappings: readonly NamedRoleMapping[],
  claims: JsonObject,
): LoginExplanation {
  const { name } = settings
  const prefix = `xpack.security.authc.realms.oidc.${name}.`
  const readers = createPropertyReaders(prefix, settings.claims, settings.claimPatterns)
  const metadata = settings.populateUserMetadata ? buildUserMetadata(claims) : {}
  const explanation = {
    realm: { name, type: 'oidc' },
    properties: explainProperties(readers, claims),
    metadata_left_out: Object.keys(claims).filter((claim) => !Object.hasOwn(metadata, `oidc(${claim})`)),
  }
  try {
    const { principal, groups, dn, mail, name: fullName } = buildUserProperties(readers, claims)
    const realms = [...settings.authorizationRealms]
    if (realms.length > 0) return { ...explanation, lookup: { principal, realms }, role_mappings: [], user: null }
    const model = { username: principal, dn: dn ?? undefined, groups, metadata, realm: { name } }
    const roleMappings = explainRoleMappings(mappings, model)
    const failed = roleMappings.find(({ problem }) => problem !== undefined)
    if (failed?.problem !== undefined) {
      const problem = { reason: 'claims_unmappable', detail: failed.problem }
      return { ...explanation, role_mappings: roleMappings, user: null, problem }
    }
    const roles = [...new Set(roleMappings.flatMap(({ roles }) => roles))]
    const user = { username: principal, full_name: fullName, email: mail, groups: [...groups], dn, roles, metadata }
    return { ...explanation, role_mappings: roleMappings, user }
  } catch (error) {
    if (!(error instanceof SecurityError)) throw error
    const { reason, message } = error
    const detail = reason === 'principal_missing' ? `${readers.principal.description} gives no principal` : message
    return { ...explanation, role_mappings: [], user: null, problem: { reason, detail } }
  }
}

function readToken(text: string): { idToken: Jwt; claims: JsonObject } {
  const idToken = readJwt(text.trim())
  const claims = idToken?.claims
  if (idToken !== undefined && claims !== undefined) return { idToken, claims }
  throw new SecurityError('argument_illegal', 'the ID token is no JWT whose claims can be read')
}

/** What can be said without keys and nonce: form, algorithm, issuer, audience and times. */
function findTokenProblem(
  { rp, op, allowedClockSkew: skew }: OidcRealmSettings,
  idToken: Jwt,
  claims: JsonObject,
  now: number,
): string | undefined {
  try {
    checkIdTokenForm(idToken, rp.signatureAlgorithm)
    const nonce = textMember(claims, 'nonce') ?? ''
    readIdToken(claims, { issuer: op.issuer, clientId: rp.clientId, nonce, skew }, now)
    return undefined
  } catch (error) {
    if (!(error instanceof SecurityError)) throw error
    return error.message
  }
}
