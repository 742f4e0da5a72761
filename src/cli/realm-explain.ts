import { readFileSync, statSync } from 'node:fs'
import type { LoginExplanation } from '../authc/login-explanation.ts'
import { isJsonObject, readJsonObject, type JsonObject } from '../kernel/json.ts'
import { describeError } from '../observe/log.ts'
import { textMember } from '../oidc/jwt.ts'
import { type Command, CommandError, type CommandInput, EXIT } from './command.ts'
import { CONFIG_OPTION } from './config-option.ts'
import { formatExplanation } from './explanation-text.ts'
import { printable } from './printable.ts'
import { readRealmSettings } from './realm-settings.ts'
import { readKnownSecret, STDIN_OPTION } from './secret-input.ts'

const MAX_BYTES = 1024 * 1024
const TIMEOUT_MS = 10_000

export const realmExplain: Command = {
  operands: ['NAME'],
  description:
    'Shows what a login would make of given claims, with the role mappings of the running server: every pattern, every\n' +
    'rule, the user and the roles. Nobody is logged in, nothing is stored. It asks the server as a user who has\n' +
    'manage_security; the password is asked for, read with --stdin, or taken from OSTIARY_PASSWORD.',
  options: {
    claims: { value: 'FILE', description: 'JSON: the claims of ID token and userinfo.' },
    'id-token': { value: 'FILE', description: 'A raw ID token. It is read, not verified.' },
    user: { value: 'NAME', description: 'Who asks; elastic if absent.' },
    server: { value: 'URL', description: 'The security API; that of the settings file if absent.' },
    json: { description: 'Prints the answer as it is.' },
    stdin: STDIN_OPTION,
    config: CONFIG_OPTION,
  },
  async run(input) {
    const [name = ''] = input.operands
    const body = readInput(input)
    const { settings } = await readRealmSettings(name, input)
    const { host, port, tls } = settings.http
    const scheme = tls === undefined ? 'http' : 'https'
    const server = input.values.get('server') ?? `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
    const user = input.values.get('user') ?? 'elastic'
    const password = input.env['OSTIARY_PASSWORD'] ?? (await readKnownSecret(`Password of ${user}`, input))
    const text = await ask(new URL(`/_ostiary/realm/${name}/_explain`, server), `${user}:${password}`, body)
    console.log(
      input.flags.has('json') ? JSON.stringify(JSON.parse(text), null, 2) : formatExplanation(readAnswer(text)),
    )
  },
}

function readInput({ values }: CommandInput): JsonObject {
  const [claims, idToken] = [values.get('claims'), values.get('id-token')]
  if (claims !== undefined && idToken === undefined) {
    const read = readJsonObject(readFile(claims))
    if (read === undefined) throw new CommandError(`${claims} holds no JSON object`, EXIT.usage)
    return { claims: read }
  }
  if (claims === undefined && idToken !== undefined) return { id_token: readFile(idToken).trim() }
  throw new CommandError('ostiary realm explain: give either --claims FILE or --id-token FILE', EXIT.usage)
}

function readFile(file: string): string {
  try {
    if (statSync(file).size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`)
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${describeError(error)}`, EXIT.usage)
  }
}

async function ask(url: URL, credentials: string, body: JsonObject): Promise<string> {
  const headers = {
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    'content-type': 'application/json',
  }
  const request = { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(TIMEOUT_MS) }
  const answer = await fetch(url, request).catch((error: unknown) => {
    const what = `the server at ${url.origin} does not answer, and only it has the role mappings`
    throw new CommandError(`${what}: ${describeError(error)}`, EXIT.failed)
  })
  const text = await answer.text()
  if (answer.ok) return text
  const error = readJsonObject(text)?.['error']
  const reason = (isJsonObject(error) ? textMember(error, 'reason') : undefined) ?? 'and says nothing else'
  throw new CommandError(`the server at ${url.origin} refuses: ${answer.status} ${reason}`, EXIT.failed)
}

/** Claims are what users and providers write. */
function readAnswer(text: string): LoginExplanation {
  return JSON.parse(text, (_name, value: unknown) =>
    typeof value === 'string' ? printable(value) : value,
  ) as LoginExplanation
}
