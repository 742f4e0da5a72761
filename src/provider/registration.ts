/**
 * Dynamic registration: programs register themselves as clients, where the operator switched it on. What they register is
 * judged by the rules of the settings file, and more strictly: no `http` but on loopback, no call to inner addresses.
 * OpenID Connect Dynamic Client Registration 1.0; RFC 7592 for reading, changing and removing.
 */
import { type Configuration, errors } from 'oidc-provider'
import { checkClientUri, type ClientUriContext, findFrontchannelFault } from '../settings/client-uri.ts'
import type { ProviderSettings } from '../settings/settings.ts'

type Features = NonNullable<Configuration['features']>

/** Front-Channel Logout 1.0 §2: the library has forgotten these. Our own flags must never be among them. */
const FRONTCHANNEL = ['frontchannel_logout_uri', 'frontchannel_logout_session_required'] as const

const URI_RULES: Readonly<Record<string, ClientUriContext['rule']>> = {
  redirect_uris: 'return',
  post_logout_redirect_uris: 'return',
  client_uri: 'return',
  logo_uri: 'return',
  policy_uri: 'return',
  tos_uri: 'return',
  initiate_login_uri: 'https',
  backchannel_logout_uri: 'called',
  jwks_uri: 'called',
  sector_identifier_uri: 'called',
}

export function buildRegistration({
  enabled,
  initialAccessToken,
}: ProviderSettings['registration']): Pick<Features, 'registration' | 'registrationManagement'> {
  if (!enabled) return {}
  return {
    registration: { enabled: true, initialAccessToken: initialAccessToken ?? false },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
  }
}

/** @param isConfigured whether a client is of the settings file, which has rules of its own */
export function buildClientMetadataRules(
  isConfigured: (clientId: string) => boolean,
): NonNullable<Configuration['extraClientMetadata']> {
  return {
    properties: FRONTCHANNEL,
    validator(_ctx, key, _value, metadata) {
      // Called for each of the properties; all are judged at once.
      if (key === FRONTCHANNEL[0] && !isConfigured(metadata.client_id)) checkMetadata({ ...metadata })
    },
  }
}

/** Texts only: what has another type is refused by the library afterwards. */
function checkMetadata(metadata: Readonly<Record<string, unknown>>): void {
  const isNative = metadata['application_type'] === 'native'
  for (const [name, rule] of Object.entries(URI_RULES)) {
    for (const uri of textsOf(metadata[name])) {
      const { problem } = checkClientUri(uri, { mayUseHttp: false, isNative, rule, allowedHosts: [] })
      if (problem !== undefined) throw new errors.InvalidClientMetadata(`${name}: [${uri}] is refused: ${problem}`)
    }
  }
  const { frontchannel_logout_uri: frame, frontchannel_logout_session_required: withSession = false } = metadata
  if (typeof withSession !== 'boolean')
    throw new errors.InvalidClientMetadata('frontchannel_logout_session_required must be a boolean')
  if (frame === undefined) return
  const fault =
    typeof frame === 'string'
      ? findFrontchannelFault(frame, textsOf(metadata['redirect_uris']))
      : 'it must be a single URI'
  if (fault !== undefined) throw new errors.InvalidClientMetadata(`frontchannel_logout_uri is refused: ${fault}`)
}

function textsOf(value: unknown): string[] {
  return [value].flat().filter((item): item is string => typeof item === 'string')
}
