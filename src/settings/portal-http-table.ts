/** The rows of the portal that speak of HTTP: who may call it with an `Authorization` header, and what answers carry. */
import { boolean, checked, list, text } from './setting-types.ts'
import { setting, type SettingType } from './setting.ts'
import { ValueError } from './settings-error.ts'

/** RFC 9110 §5.5: no control character gets into a header. */
export const headerValue = checked(text, 'text', (value, key) => {
  if (!/^[\x20-\x7e\t]*$/.test(value)) throw new ValueError(`Invalid value for [${key}]. Expected printable ASCII`)
})

const customHeader = checked(headerValue, 'text', (_value, key) => {
  const name = key.slice(key.lastIndexOf('.') + 1)
  if (/^(?:location|refresh)$/i.test(name))
    throw new ValueError(
      `[server.customResponseHeaders]: cannot contain [${name}], which would lead browsers elsewhere`,
    )
})

/** RFC 6797 §6.1; nothing after the colon is off. */
const transportSecurity: SettingType<string | undefined> = {
  expects: 'text',
  read: (found, key) => (found === null ? undefined : headerValue.read(found, key)),
}

const exactPaths = checked(list, 'list of paths', (paths) => {
  for (const path of paths)
    if (!path.startsWith('/')) throw new ValueError(`[xsrf.allowlist]: must start with a slash: found [${path}]`)
})

export const CUSTOM_HEADER_PREFIX = 'server.customResponseHeaders.'

export const PORTAL_HTTP = {
  httpEnabled: setting({
    key: 'xpack.security.authc.http.enabled',
    type: boolean,
    default: 'true',
    description: 'Whether requests with an `Authorization` header are served as the user of that header.',
  }),
  autoSchemes: setting({
    key: 'xpack.security.authc.http.autoSchemesEnabled',
    type: boolean,
    default: 'true',
    description:
      'Whether the providers add the schemes they use: `oidc` and `token` add `bearer`, `basic` adds `basic`.',
  }),
  schemes: setting({
    key: 'xpack.security.authc.http.schemes',
    type: list,
    default: ['apikey', 'bearer'],
    description: 'The schemes of an `Authorization` header that are passed on to the security API.',
  }),
  customHeader: setting({
    key: `${CUSTOM_HEADER_PREFIX}<header>`,
    type: customHeader,
    description: 'A further header of every answer. `location` and `refresh` are refused.',
  }),
  disableProtection: setting({
    key: 'server.xsrf.disableProtection',
    type: boolean,
    default: 'false',
    description:
      'Whether requests that change something are served without `kbn-xsrf`. Forms are checked all the same.',
  }),
  allowlist: setting({
    key: 'server.xsrf.allowlist',
    type: exactPaths,
    default: [],
    description: 'Paths, without `server.basePath`, that are served without `kbn-xsrf`.',
  }),
  disableEmbedding: setting({
    key: 'server.securityResponseHeaders.disableEmbedding',
    type: boolean,
    default: 'true',
    description: 'Whether other sites are kept from showing the portal in a frame.',
  }),
  strictTransportSecurity: setting({
    key: 'server.securityResponseHeaders.strictTransportSecurity',
    type: transportSecurity,
    description: 'The value of the header `Strict-Transport-Security`, such as `max-age=31536000`.',
  }),
}

/** Kibana's settings that have no meaning here, so that its files are read as they are. */
export const PORTAL_IGNORED = {
  insecureClusterWarning: ignored('xpack.security.showInsecureClusterWarning'),
  navLinks: ignored('xpack.security.showNavLinks'),
  public: ignored('xpack.security.public.<name>'),
  restrictInternalApis: ignored('server.restrictInternalApis'),
  allowedSchemes: ignored('server.xsrf.allowedSchemes'),
}

function ignored(key: string) {
  return setting({
    key,
    type: { expects: 'anything', read: () => undefined },
    description: 'Without effect; a line in the log says so.',
  })
}
