/** The security API as the program serves it, in this process, from a settings file of the test's own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createLog } from '../../src/observe/log.ts'
import { startServer } from '../../src/server.ts'
import { createKeystore } from '../../src/settings/keystore.ts'
import { readSettings } from '../../src/settings/read-settings.ts'

export interface SecurityServerOptions {
  /** Lines of YAML beside the role and the port. */
  readonly settings: string
  /** For the keystore, beside the password `elastic-password` of `elastic`. */
  readonly secrets?: Readonly<Record<string, string>>
  /** Texts of files beside the settings file, by their names. */
  readonly files?: Readonly<Record<string, string>>
}

/** Runs until the end of the test. @returns its address */
export async function startSecurityServer(t: TestContext, options: SecurityServerOptions): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-security-'))
  t.after(() => rm(directory, { recursive: true }))
  const file = join(directory, 'ostiary.yml')
  await writeFile(file, `node.roles: security\nhttp.port: 0\n${options.settings}`)
  for (const [name, text] of Object.entries(options.files ?? {})) await writeFile(join(directory, name), text)
  const keystore = await createKeystore({ file: join(directory, 'ostiary.keystore'), password: '' })
  keystore.set('bootstrap.password', 'elastic-password')
  for (const [name, secret] of Object.entries(options.secrets ?? {})) keystore.set(name, secret)
  const settings = readSettings({ file, env: {}, keystore })
  const server = await startServer({ settings, keystore, log: createLog('silent') })
  t.after(() => server.close())
  return server.addresses.security ?? ''
}
