/** Debian's Apache with mod_auth_openidc: a relying party that none of us wrote. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const MODULES = {
  mpm_event_module: 'mpm_event',
  authz_core_module: 'authz_core',
  authn_core_module: 'authn_core',
  authz_user_module: 'authz_user',
  include_module: 'include',
  mime_module: 'mime',
  auth_openidc_module: 'auth_openidc',
}

export interface Apache {
  /** What was logged. */
  errors(): Promise<string>
  close(): Promise<void>
}

/** Where mod_auth_openidc takes answers and notices, under an origin. */
export const APACHE_CALLBACK = '/protected/callback'

/** Serves `/protected/` to whom the provider signs in, and `/bye.html` to everybody. */
export async function startApache(options: {
  origin: string
  issuer: string
  clientId: string
  secret: string
}): Promise<Apache> {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-apache-'))
  // Apache gives up its rights before it reads pages.
  await chmod(directory, 0o755)
  const log = join(directory, 'error.log')
  await writeFile(join(directory, 'bye.html'), '<!doctype html><title>Bye</title><h1>Bye</h1>')
  const who = '<!--#echo encoding="entity" var="REMOTE_USER" -->'
  await mkdir(join(directory, 'protected'))
  await writeFile(
    join(directory, 'protected/index.shtml'),
    `<!doctype html><title>In</title><h1>Signed in as ${who}</h1>`,
  )
  await writeFile(join(directory, 'protected/plain.html'), '<!doctype html><title>In</title><h1>You are in</h1>')
  await writeFile(join(directory, 'apache.conf'), buildConfiguration(directory, log, options))

  const child = spawn('/usr/sbin/apache2', ['-D', 'FOREGROUND', '-f', join(directory, 'apache.conf')], {
    stdio: 'inherit',
  })
  const apache: Apache = {
    errors: () => readFile(log, 'utf8'),
    async close() {
      if (child.exitCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      await rm(directory, { recursive: true })
    },
  }
  for (let waited = 0; waited < 100 && child.exitCode === null; waited++) {
    const isUp = await fetch(`${options.origin}/bye.html`).then(
      ({ status }) => status === 200,
      () => false,
    )
    if (isUp) return apache
    await sleep(100)
  }
  const errors = await apache.errors().catch(() => 'no log')
  await apache.close()
  throw new Error(`Apache did not start: ${errors}`)
}

function buildConfiguration(
  directory: string,
  log: string,
  { origin, issuer, clientId, secret }: { origin: string; issuer: string; clientId: string; secret: string },
): string {
  const modules = Object.entries(MODULES).map(
    ([name, file]) => `LoadModule ${name} /usr/lib/apache2/modules/mod_${file}.so`,
  )
  return `
ServerRoot ${directory}
ServerName ${new URL(origin).host}
Listen 127.0.0.1:${new URL(origin).port}
PidFile ${join(directory, 'apache.pid')}
ErrorLog ${log}
${modules.join('\n')}
User www-data
Group www-data
DocumentRoot ${directory}
TypesConfig /dev/null
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${clientId}
OIDCClientSecret ${secret}
OIDCRedirectURI ${origin}${APACHE_CALLBACK}
OIDCCryptoPassphrase a-passphrase-of-the-tests
OIDCScope "openid profile email groups"
OIDCPKCEMethod S256
OIDCRemoteUserClaim email
OIDCSessionType server-cache
<Location /protected>
  AuthType openid-connect
  Require valid-user
</Location>
<Directory ${directory}>
  Options +Includes
  Require all granted
</Directory>
`
}
