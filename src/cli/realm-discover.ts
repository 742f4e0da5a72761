import { SecurityError } from '../kernel/errors.ts'
import { readJsonObject } from '../kernel/json.ts'
import { createOutbound, isProtected, type OutboundAnswer } from '../net/outbound.ts'
import { describeError } from '../observe/log.ts'
import { textMember } from '../oidc/jwt.ts'
import { buildDiscoveryUrl, readProviderMetadata } from '../oidc/provider-metadata.ts'
import { readProviderSupport } from '../oidc/provider-support.ts'
import { readOutbound } from '../settings/outbound-settings.ts'
import { SETTINGS_TABLE } from '../settings/table.ts'
import { createValues } from '../settings/values.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { buildStanza } from './realm-stanza.ts'

const PORTAL = 'https://<your portal>'

export const realmDiscover: Command = {
  operands: ['ISSUER'],
  description:
    'Reads the metadata of an OpenID Provider and prints the settings of a realm for it, ready for the settings file,\n' +
    'with what has to be registered at the provider.',
  options: {
    name: { value: 'NAME', description: 'The name of the realm; oidc1 if absent.' },
    portal: { value: 'URL', description: 'Where browsers find the portal, such as https://portal.example.com.' },
  },
  async run({ operands, values }) {
    const [issuer = ''] = operands
    const name = values.get('name') ?? 'oidc1'
    if (!/^[-\w]+$/.test(name)) throw usage(`[${name}] is no name for a realm: letters, digits, [_] and [-] only`)
    const portal = values.get('portal')?.replace(/\/$/, '') ?? PORTAL
    if (portal !== PORTAL && !/^https?:$/.test(URL.parse(portal)?.protocol ?? ''))
      throw usage(`[${portal}] is no address of a portal, such as https://portal.example.com`)
    const text = await fetchMetadata(issuer)
    const metadata = readMetadata(text, issuer)
    console.log(buildStanza({ name, issuer, portal, metadata, support: readProviderSupport(text) }))
  },
}

async function fetchMetadata(issuer: string): Promise<string> {
  if (!isProtected(issuer)) throw usage(`[${issuer}] is no issuer: expected an https URL, or http on this machine`)
  const url = buildDiscoveryUrl(issuer)
  // As a realm calls that sets nothing of it.
  const outbound = createOutbound(readOutbound(createValues([], SETTINGS_TABLE, ''), 'new', '.'))
  let answer: OutboundAnswer
  try {
    answer = await outbound.get(url)
  } catch (error) {
    throw new CommandError(`${url} cannot be fetched: ${describeError(error)}`, EXIT.failed)
  } finally {
    await outbound.close()
  }
  if (answer.status === 200) return answer.body
  throw new CommandError(`${url} answers ${answer.status}: is [${issuer}] the issuer, path and all?`, EXIT.failed)
}

/** An issuer that is almost right is the usual mistake: a slash, a path, another name. */
function readMetadata(text: string, issuer: string): ReturnType<typeof readProviderMetadata> {
  try {
    return readProviderMetadata(text, issuer)
  } catch (error) {
    if (!(error instanceof SecurityError)) throw error
    const found = textMember(readJsonObject(text) ?? {}, 'issuer')
    const advice = found === undefined ? `is [${issuer}] the issuer, path and all?` : 'use exactly that one'
    throw new CommandError(`${error.message}: ${advice}`, EXIT.failed)
  }
}

function usage(text: string): CommandError {
  return new CommandError(text, EXIT.usage)
}
