import type { ProviderMetadata } from '../oidc/provider-metadata.ts'
import type { ProviderSupport } from '../oidc/provider-support.ts'

/** What a stanza is written from. */
export interface StanzaSource {
  readonly name: string
  readonly issuer: string
  /** The origin of the portal, with its base path. */
  readonly portal: string
  readonly metadata: ProviderMetadata
  readonly support: ProviderSupport
}

const SCOPES = ['openid', 'profile', 'email', 'groups', 'roles']
/** Those that most providers know come first. */
const ALGORITHMS = ['RS256', 'ES256', 'PS256', 'RS384', 'ES384', 'PS384', 'RS512', 'ES512', 'PS512', 'HS256']
const AUTHENTICATION = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'client_secret_jwt', 'none']
const GROUPS = ['groups', 'roles']

/**
 * The settings of a realm, as YAML with comments: what the provider says of itself, and what nobody but its operator
 * can say, marked with `<…>`.
 */
export function buildStanza({ name, issuer, portal, metadata, support }: StanzaSource): string {
  const prefix = `xpack.security.authc.realms.oidc.${name}`
  const method = choose(AUTHENTICATION, support.clientAuthMethods) ?? 'client_secret_basic'
  const algorithm = choose(ALGORITHMS, support.signatureAlgorithms) ?? 'RS256'
  const flow = choose(['code', 'id_token token', 'id_token'], support.responseTypes) ?? 'code'
  const callback = flow === 'code' ? 'callback' : 'implicit'
  const scopes = SCOPES.filter((scope) => scope === 'openid' || support.scopes?.includes(scope))
  const groups = choose(GROUPS, support.claims)
  const [redirectUri, loggedOut] = [`${portal}/api/security/oidc/${callback}`, `${portal}/security/logged_out`]
  const key = method === 'private_key_jwt' ? 'rp.client_auth_jwt_signing_key' : 'rp.client_secret'
  const needsKey = method !== 'none' || algorithm.startsWith('HS')
  const signsOut = metadata.endsessionEndpoint !== undefined
  const hasPkce = support.challengeMethods?.includes('S256') === true

  return lines([
    `# The realm [${name}] at ${issuer}, from the metadata that it shows.`,
    '#',
    '# 1. Register there a client of the type web application:',
    `#      redirect URI              ${redirectUri}`,
    signsOut && `#      post-logout redirect URI  ${loggedOut}`,
    `#      response type             ${flow}`,
    flow === 'code' && `#      client authentication     ${method}`,
    `#      ID token signed with      ${algorithm}`,
    `#      scopes                    ${scopes.join(' ')}`,
    flow === 'code' && `#      PKCE                      S256${hasPkce ? '' : ', if it knows it: it does not say so'}`,
    '# 2. Replace what is in <angle brackets>.',
    needsKey && `# 3. ostiary keystore add ${prefix}.${key}`,
    `# ${needsKey ? '4' : '3'}. ostiary realm check ${name}`,
    '',
    `${prefix}:`,
    '  order: 2',
    "  rp.client_id: '<the client id>'",
    `  rp.response_type: ${flow}`,
    `  rp.redirect_uri: ${quote(redirectUri)}`,
    signsOut && `  rp.post_logout_redirect_uri: ${quote(loggedOut)}`,
    `  rp.requested_scopes: [${scopes.map(quote).join(', ')}]`,
    algorithm !== 'RS256' && `  rp.signature_algorithm: ${algorithm}`,
    method !== 'client_secret_basic' && `  rp.client_auth_method: ${method}`,
    `  op.issuer: ${quote(issuer)}`,
    endpoint('authorization_endpoint', metadata.authorizationEndpoint),
    flow !== 'id_token' && endpoint('token_endpoint', metadata.tokenEndpoint),
    endpoint('jwkset_path', metadata.jwksUri),
    flow !== 'id_token' && endpoint('userinfo_endpoint', metadata.userinfoEndpoint),
    endpoint('endsession_endpoint', metadata.endsessionEndpoint),
    '  claims.principal: sub',
    `  ${groups === undefined ? '# ' : ''}claims.groups: ${groups ?? 'groups'}${groups === undefined ? '   # it does not say in which claim groups are' : ''}`,
    '  claims.name: name',
    '  claims.mail: email',
    '',
    '# How the portal offers it:',
    `# xpack.security.authc.providers.oidc.${name}:`,
    '#   order: 0',
    `#   realm: ${name}`,
  ])
}

/** The first of ours that is offered; the first if nothing is said. */
function choose(ours: readonly string[], offered: readonly string[] | undefined): string | undefined {
  return ours.find((each) => offered === undefined || offered.includes(each))
}

function endpoint(row: string, url: string | undefined): string | false {
  return url !== undefined && `  op.${row}: ${quote(url)}`
}

/** What a provider says stays text in YAML, on one line, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll(/\p{Cc}/gu, ' ').replaceAll("'", "''")}'`
}

function lines(texts: readonly (string | false)[]): string {
  return texts.filter((text) => text !== false).join('\n')
}
