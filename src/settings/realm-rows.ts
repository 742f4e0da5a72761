/** The rows that every realm has. */
import { boolean, integer } from './setting-types.ts'
import { setting } from './setting.ts'

/** @param prefix `xpack.security.authc.realms.oidc.<realm>.` */
export function buildRealmRows(prefix: string) {
  return {
    order: setting({
      key: `${prefix}order`,
      type: integer(-2_147_483_648, 2_147_483_647),
      default: '0',
      required: (_key, [realm]) =>
        `'order' is a mandatory parameter for realm config. Found invalid config for realm: '${realm}'`,
      description: 'The place of the realm in the chain, ascending. No two realms have the same.',
    }),
    enabled: setting({
      key: `${prefix}enabled`,
      type: boolean,
      default: 'true',
      description: 'A disabled realm is as good as absent.',
    }),
  }
}
