import { boolean, time } from './setting-types.ts'
import { setting } from './setting.ts'
import type { TokenSettings } from './settings.ts'
import type { Values } from './values.ts'

/** The token service of the security API. */
export const TOKENS = {
  enabled: setting({
    key: 'xpack.security.authc.token.enabled',
    type: boolean,
    defaultText: 'as `xpack.security.http.ssl.enabled`',
    description: 'Switches the token service on. Every OpenID Connect realm needs it.',
  }),
  timeout: setting({
    key: 'xpack.security.authc.token.timeout',
    type: time('1s', '1h'),
    default: '20m',
    description: 'How long an access token lives. A refresh token always lives 24 hours.',
  }),
}

/** @param hasTls whether the API can show tokens to other machines without harm */
export function readTokens(values: Values, hasTls: boolean): TokenSettings {
  return { enabled: values.get(TOKENS.enabled) ?? hasTls, accessLifetime: values.get(TOKENS.timeout) }
}
