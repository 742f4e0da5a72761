import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createTrialCertificates } from '../net/trial-certificates.ts'
import { type Command, CommandError, EXIT } from './command.ts'

const DEFAULT_NAMES = 'localhost,127.0.0.1,::1'
const MAX_DAYS = 825

export const certificate: Command = {
  operands: ['DIRECTORY'],
  description:
    'Makes a certificate authority and a server certificate for a trial of TLS: `ca.crt`, which clients are told to\n' +
    "trust, `server.crt` and `server.key`. The authority's key is not kept: nobody can make a second certificate with it.",
  options: {
    name: { value: 'NAMES', description: `host names and addresses, with commas (${DEFAULT_NAMES})` },
    days: { value: 'NUMBER', description: 'how long they are valid (90)' },
  },
  async run({ operands, values }) {
    const [directory = '.'] = operands
    const [first = '', ...others] = (values.get('name') ?? DEFAULT_NAMES).split(',').map((name) => name.trim())
    const names = [first, ...others] as const
    const wrong = names.find((name) => !/^[-\w.*:]+$/.test(name))
    if (wrong !== undefined) throw new CommandError(`[${wrong}] is no host name and no address`, EXIT.usage)
    const days = Number(values.get('days') ?? '90')
    if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS)
      throw new CommandError(`--days is a whole number from 1 to ${MAX_DAYS}`, EXIT.usage)

    const files = ['ca.crt', 'server.crt', 'server.key'].map((name) => join(resolve(directory), name))
    const there = files.find((file) => existsSync(file))
    if (there !== undefined) throw new CommandError(`${there} exists already, and nothing was written`, EXIT.failed)

    const made = await createTrialCertificates({ names: [first, ...others], days })
    await mkdir(resolve(directory), { recursive: true })
    for (const [at, text] of [made.authority, made.certificate, made.key].entries()) {
      const file = files[at] ?? ''
      await writeFile(file, text, { flag: 'wx', mode: 0o600 })
      if (!file.endsWith('.key')) await chmod(file, 0o644)
    }
    const [ca, crt, key] = files
    console.log(
      `Clients trust ${ca}. In the settings:\n\n` +
        'xpack.security.http.ssl.enabled: true\n' +
        `xpack.security.http.ssl.certificate: ${crt}\nxpack.security.http.ssl.key: ${key}`,
    )
  },
}
