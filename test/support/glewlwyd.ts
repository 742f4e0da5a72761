/** Debian's glewlwyd as an OpenID Provider: a process and a database of the test's own, set up through its own API. */
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findAddresses } from './addresses.ts'
import { type BrowserSession, createBrowserSession } from './browser-session.ts'
import { waitUntilAnswers } from './program.ts'

const LIBRARIES = '/usr/lib/glewlwyd'
const SCHEMA = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3'
/** What Debian's schema begins with. */
const ADMIN = { username: 'admin', password: 'password' }

export interface Glewlwyd extends AsyncDisposable {
  readonly issuer: string
  /** Signs a user in as its login page does, by its API, and allows what a client wants. */
  signIn(browser: BrowserSession, user: { username: string; password: string }, clientId: string): Promise<void>
  /** Says yes to the end of a session, as its page does. */
  signOut(browser: BrowserSession, sid: string): Promise<void>
}

export async function startGlewlwyd(
  client: { readonly id: string; readonly secret: string; readonly redirectUri: string; readonly goodbye: string },
  user: { readonly username: string; readonly password: string },
): Promise<Glewlwyd> {
  const directory = mkdtempSync(join(tmpdir(), 'ostiary-glewlwyd-'))
  const origin = (await findAddresses()).provider
  const issuer = `${origin}/api/oidc`
  const file = join(directory, 'glewlwyd.conf')
  createDatabase(join(directory, 'glewlwyd.db'))
  writeFileSync(file, buildConfiguration(origin, directory))
  const child = spawn('glewlwyd', [`--config-file=${file}`], { stdio: 'ignore' })
  const close = async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
    rmSync(directory, { recursive: true })
  }
  try {
    await waitUntilAnswers(origin, child)
    const admin = createBrowserSession()
    await post(admin, `${origin}/api/auth/`, ADMIN)
    await post(admin, `${origin}/api/mod/plugin/`, describePlugin(issuer))
    await post(admin, `${origin}/api/client/`, {
      client_id: client.id,
      client_secret: client.secret,
      name: 'Ostiary',
      confidential: true,
      enabled: true,
      redirect_uri: [client.redirectUri],
      post_logout_redirect_uris: client.goodbye,
      authorization_type: ['code'],
      token_endpoint_auth_method: ['client_secret_basic'],
    })
    const about = { name: 'Dave D', email: `${user.username}@example.com`, enabled: true, scope: ['openid'] }
    await post(admin, `${origin}/api/user/`, { ...user, ...about })
  } catch (error) {
    await close()
    throw error
  }
  return {
    issuer,
    async signIn(browser, credentials, clientId) {
      await post(browser, `${origin}/api/auth/`, credentials)
      await post(browser, `${origin}/api/auth/grant/${clientId}`, { scope: 'openid' }, 'PUT')
    },
    async signOut(browser, sid) {
      await post(browser, `${issuer}/session/${sid}`, {}, 'DELETE')
      await post(browser, `${origin}/api/auth/`, {}, 'DELETE')
    },
    [Symbol.asyncDispose]: close,
  }
}

function createDatabase(file: string): void {
  const database = new DatabaseSync(file)
  database.exec(readFileSync(SCHEMA, 'utf8'))
  database.close()
}

async function post(browser: BrowserSession, url: string, body: unknown, method = 'POST'): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await browser.visit(url, { method, body: JSON.stringify(body), headers })
  if (answer.status !== 200) throw new Error(`glewlwyd answers ${answer.status} to ${url}: ${answer.body}`)
}

function buildConfiguration(origin: string, directory: string): string {
  return `
port=${new URL(origin).port}
external_url="${origin}"
login_url="login.html"
api_prefix="api"
static_files_path="/usr/share/glewlwyd/webapp/"
log_mode="file"
log_level="WARNING"
log_file="${directory}/log"
cookie_domain="localhost"
cookie_secure=0
session_expiration=3600
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="${LIBRARIES}/user"
client_module_path="${LIBRARIES}/client"
user_auth_scheme_module_path="${LIBRARIES}/scheme"
plugin_module_path="${LIBRARIES}/plugin"
use_secure_connection=false
secure_connection_key_file=""
secure_connection_pem_file=""
hash_algorithm="SHA512"
database = { type = "sqlite3"; path = "${directory}/glewlwyd.db"; };
`
}

function describePlugin(issuer: string): object {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    module: 'oidc',
    name: 'oidc',
    display_name: 'OpenID Connect',
    enabled: true,
    parameters: {
      iss: issuer,
      'subject-type': 'public',
      'jwt-type': 'rsa',
      'jwt-key-size': '256',
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: publicKey.export({ type: 'spki', format: 'pem' }),
      'jwks-show': true,
      'access-token-duration': 3600,
      'refresh-token-duration': 1_209_600,
      'code-duration': 600,
      'refresh-token-rolling': true,
      'allow-non-oidc': false,
      'auth-type-code-enabled': true,
      'auth-type-token-enabled': false,
      'auth-type-id-token-enabled': true,
      'auth-type-password-enabled': false,
      'auth-type-client-enabled': false,
      'auth-type-refresh-enabled': true,
      'pkce-allowed': true,
      'pkce-method-plain-allowed': false,
      'name-claim': 'mandatory',
      'email-claim': 'mandatory',
      'session-management-allowed': true,
      'session-cookie-name': 'GLEWLWYD2_OIDC_SESSION',
      'session-cookie-expiration': 3600,
      'client-parameter': [],
      'secret-type': 'random',
    },
  }
}
