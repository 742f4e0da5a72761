/** The rows that say where the portal finds the security API, under Kibana's names. */
import { boolean, checked, integer, list, oneOf, text } from './setting-types.ts'
import { setting } from './setting.ts'
import { ValueError } from './settings-error.ts'
import { buildIdentityRows, buildTrustRows } from './tls-rows.ts'

const hosts = checked(list, 'http or https URL, or a list of them', (urls) => {
  if (urls.length === 0) throw new ValueError('[hosts]: expected at least one URL')
  for (const url of urls) {
    const parts = URL.parse(url)
    if (parts === null || !/^https?:$/.test(parts.protocol))
      throw new ValueError(`[hosts]: expected an http or https URL, found [${url}]`)
    if (parts.username !== '' || parts.password !== '' || /[?#]/.test(url))
      throw new ValueError('[hosts] may only contain a protocol, host, port, and pathname')
  }
})

export const PORTAL_API = {
  hosts: setting({
    key: 'elasticsearch.hosts',
    type: hosts,
    defaultText: 'the API of the same process',
    description: 'Where the security API is: Ostiary or Elasticsearch. Several are used in turn.',
  }),
  username: setting({
    key: 'elasticsearch.username',
    type: text,
    description:
      'The user by which the portal calls the API, with the cluster privileges `manage_oidc` and `manage_token`.',
  }),
  password: setting({
    key: 'elasticsearch.password',
    type: text,
    secure: true,
    description: 'The password of `elasticsearch.username`.',
  }),
  serviceAccountToken: setting({
    key: 'elasticsearch.serviceAccountToken',
    type: text,
    secure: true,
    description: 'Instead of a user: the token of a service account, with the same privileges.',
  }),
  requestTimeout: setting({
    key: 'elasticsearch.requestTimeout',
    type: integer(1, 600_000),
    default: '30000',
    description: 'How long a call of the API may take, in milliseconds.',
  }),
  requestHeadersWhitelist: setting({
    key: 'elasticsearch.requestHeadersWhitelist',
    type: list,
    default: ['authorization', 'es-client-authentication'],
    description: 'The headers of a request with an `Authorization` header that are passed on to the API.',
  }),
  ...buildTrustRows('elasticsearch.ssl.', 'kibana', 'certificate authorities to trust', "the system's"),
  ...buildIdentityRows('elasticsearch.ssl.', 'kibana'),
  verificationMode: setting({
    key: 'elasticsearch.ssl.verificationMode',
    type: oneOf(['full', 'certificate', 'none']),
    default: 'full',
    description:
      "How the API's certificate is checked: `full`, without the host name (`certificate`), or not at all (`none`, for " +
      'experiments only).',
  }),
  alwaysPresentCertificate: setting({
    key: 'elasticsearch.ssl.alwaysPresentCertificate',
    type: boolean,
    default: 'false',
    description: "Whether the portal's certificate is presented in the name of users too, not only in its own.",
  }),
}
