/** The REST API alone, on a free port, with the embedded store in a folder of its own and a clock that tests set. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAnonymous } from '../../src/authc/anonymous.ts'
import { createApplicationPrivileges } from '../../src/authc/application-privileges.ts'
import { createAuthenticator } from '../../src/authc/authenticator.ts'
import { createAuthorizer } from '../../src/authc/authorizer.ts'
import { createLoginExplainer } from '../../src/authc/login-explanation.ts'
import { createNativeRealm } from '../../src/authc/native-realm.ts'
import { createOidcLogin } from '../../src/authc/oidc-login.ts'
import type { OidcRealm } from '../../src/authc/oidc-realm.ts'
import { createReservedRealm } from '../../src/authc/reserved-realm.ts'
import { createRoleMappings } from '../../src/authc/role-mappings.ts'
import { createRoles } from '../../src/authc/roles.ts'
import { createTokenService, type TokenService } from '../../src/authc/token-service.ts'
import { readUserRequest } from '../../src/authc/user-request.ts'
import { readRoleDescriptor } from '../../src/authz/role-descriptor.ts'
import type { JsonObject } from '../../src/kernel/json.ts'
import { createSealer } from '../../src/kernel/sealer.ts'
import type { Audit } from '../../src/observe/audit.ts'
import { createLog } from '../../src/observe/log.ts'
import { createRestApp } from '../../src/rest/app.ts'
import type { AnonymousSettings } from '../../src/settings/settings.ts'
import type { Store } from '../../src/store/store.ts'
import { createEmbeddedStore } from '../../src/store/embedded.ts'

/** The bearer secret of the portal that runs in the same process. */
export const INTERNAL_SECRET = 'internal-secret-of-at-least-32-bytes-000000'
/** The password of `elastic`. */
export const BOOTSTRAP_PASSWORD = 'elastic-password'

export interface RestApi {
  /** `http://127.0.0.1:PORT` */
  readonly address: string
  readonly store: Store
  readonly tokens: TokenService
  /** Seconds since the epoch. */
  readonly time: { now: number }
  /** The lines that were logged. */
  readonly lines: JsonObject[]
  putUser(username: string, body: JsonObject): Promise<void>
  putRole(name: string, body: JsonObject): Promise<void>
  /** Takes the store away while the API goes on. */
  closeStore(): Promise<void>
  close(): Promise<void>
}

export async function startRestApi({
  realms = [],
  tokensEnabled = true,
  detailedErrors = true,
  anonymous: anonymousSettings,
  audit,
}: {
  realms?: readonly OidcRealm[]
  tokensEnabled?: boolean
  detailedErrors?: boolean
  anonymous?: AnonymousSettings
  audit?: Audit
} = {}): Promise<RestApi> {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-rest-'))
  const time = { now: Math.floor(Date.now() / 1000) }
  const clock = () => time.now
  const store = await createEmbeddedStore({ directory: join(directory, 'data'), clock })
  const lines: JsonObject[] = []
  const log = createLog('info', { write: (line) => lines.push(JSON.parse(line) as JsonObject) })
  const sealer = createSealer(['a secret of the tests'])
  const tokens = createTokenService({ store, sealer, clock, accessLifetime: 1200, enabled: tokensEnabled })
  const anonymous = anonymousSettings && createAnonymous(anonymousSettings)
  const anonymousUser = anonymous?.authentication.user
  const native = createNativeRealm({ store, anonymous: anonymousUser, clock })
  const reserved = createReservedRealm({
    store,
    bootstrapPassword: BOOTSTRAP_PASSWORD,
    anonymous: anonymousUser,
    clock,
  })
  const portalRealm = { name: '_service_account', type: '_service_account' }
  const authenticator = createAuthenticator({
    realms: [reserved, native],
    tokens,
    store,
    anonymous,
    internal: {
      secret: INTERNAL_SECRET,
      authentication: {
        user: { username: 'ostiary/portal', roles: [], fullName: null, email: null, metadata: {}, enabled: true },
        authenticationRealm: portalRealm,
        lookupRealm: portalRealm,
        type: 'internal',
      },
    },
  })
  const roles = createRoles({ store })
  const app = createRestApp({
    tokens,
    detailedErrors,
    authenticator,
    authorizer: createAuthorizer({ roles, anonymous }),
    anonymous,
    users: native,
    reserved,
    roles,
    roleMappings: createRoleMappings({ store }),
    applicationPrivileges: createApplicationPrivileges({ store }),
    oidcLogin: createOidcLogin({ realms, tokens, log }),
    loginExplainer: createLoginExplainer({ realms: [], roleMappings: createRoleMappings({ store }), clock }),
    node: { name: 'node-1', clusterName: 'ostiary', clusterUuid: 'uuid-of-the-tests', version: '9.4.0' },
    checkStore: () => store.check(),
    audit,
    log,
  })
  let storeClosed: Promise<void> | undefined
  const closeStore = () => (storeClosed ??= store.close())
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    address,
    store,
    tokens,
    time,
    lines,
    async putUser(username, body) {
      await native.putUser(username, readUserRequest(username, body))
    },
    async putRole(name, body) {
      await roles.put(name, readRoleDescriptor(name, body))
    },
    closeStore,
    async close() {
      await app.close()
      await closeStore()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
