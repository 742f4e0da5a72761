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
  deleteInterval: setting({
    key: 'xpack.security.authc.token.delete.interval',
    type: time('0s', '24h'),
    default: '30m',
    description:
      'How long after its 24 hours a pair of tokens is still known, so that its bearer learns that it expired; then it is deleted.',
  }),
  deleteTimeout: setting({
    key: 'xpack.security.authc.token.delete.timeout',
    type: time('-1'),
    default: '-1',
    description:
      'Without effect: pairs are deleted a few at a time, none of which takes long. It is known so that files written for Elasticsearch can stay as they are.',
  }),
}

/** @param hasTls whether the API can show tokens to other machines without harm */
export function readTokens(values: Values, hasTls: boolean): TokenSettings {
  const settings = {
    enabled: values.get(TOKENS.enabled) ?? hasTls,
    accessLifetime: Math.floor(values.get(TOKENS.timeout)),
    removalDelay: Math.floor(values.get(TOKENS.deleteInterval)),
  }
  // Only so that a value that is no time is told.
  values.get(TOKENS.deleteTimeout)
  return settings
}
