/** The security REST API: every group of routes, on one HTTP side. */
import type { TlsOptions } from 'node:tls'
import type { Anonymous } from '../authc/anonymous.ts'
import type { ApplicationPrivilegeStore } from '../authc/application-privileges.ts'
import type { Authenticator } from '../authc/authenticator.ts'
import type { Authorizer } from '../authc/authorizer.ts'
import type { LoginExplainer } from '../authc/login-explanation.ts'
import type { NativeRealm } from '../authc/native-realm.ts'
import type { OidcLoginService } from '../authc/oidc-login.ts'
import type { ReservedRealm } from '../authc/reserved-realm.ts'
import type { RoleMappings } from '../authc/role-mappings.ts'
import type { Roles } from '../authc/roles.ts'
import type { TokenService } from '../authc/token-service.ts'
import type { Audit } from '../observe/audit.ts'
import type { Log } from '../observe/log.ts'
import { buildApplicationPrivilegeRoutes } from './application-privileges.ts'
import { buildAuthenticateRoutes } from './authenticate.ts'
import { buildBulkRoleRoutes } from './bulk-roles.ts'
import { buildCacheRoutes } from './caches.ts'
import { createHttpApi, type HttpApi } from './http-api.ts'
import { createHttpServer, type HttpServer } from './http-server.ts'
import { buildOidcRoutes } from './oidc.ts'
import { buildOpenApiRoute } from './open-api.ts'
import { buildRealmExplanationRoutes } from './realm-explanation.ts'
import { buildRoleMappingRoutes } from './role-mappings.ts'
import { buildRoleRoutes } from './roles.ts'
import { buildRootRoutes, type NodeIdentity } from './root.ts'
import { buildSearchRoutes } from './searches.ts'
import { buildTokenInvalidationRoutes } from './token-invalidation.ts'
import { buildTokenRoutes } from './token.ts'
import { buildUserPrivilegeRoutes } from './user-privileges.ts'
import { buildUserRoutes } from './users.ts'

export interface RestParts {
  readonly tokens: TokenService
  readonly authenticator: Authenticator
  readonly authorizer: Authorizer
  /** Absent: nobody is let in without credentials. */
  readonly anonymous?: Anonymous | undefined
  readonly oidcLogin: OidcLoginService
  readonly loginExplainer: LoginExplainer
  readonly users: NativeRealm
  readonly reserved: ReservedRealm
  readonly roles: Roles
  readonly roleMappings: RoleMappings
  readonly applicationPrivileges: ApplicationPrivilegeStore
  readonly node: NodeIdentity
  /** Resolves if a read of the store works at this moment. */
  readonly checkStore: () => Promise<void>
  /** Errors have their causes, and stack traces for who asks. */
  readonly detailedErrors: boolean
  /** Absent: plain HTTP. */
  readonly tls?: TlsOptions | undefined
  /** Absent: nothing is audited. */
  readonly audit?: Audit | undefined
  readonly log: Log
}

/** @returns the API, not listening yet; the portal of the same process calls its `answer` */
export function createRestApp(parts: RestParts): HttpApi & HttpServer {
  const { authenticator, authorizer, tokens, detailedErrors, tls, audit, log } = parts
  const routes = [
    ...buildRootRoutes(parts),
    ...buildAuthenticateRoutes(parts),
    ...buildTokenRoutes(parts),
    ...buildTokenInvalidationRoutes(parts),
    ...buildOidcRoutes(parts),
    ...buildRealmExplanationRoutes(parts),
    ...buildUserRoutes({ native: parts.users, reserved: parts.reserved }),
    ...buildRoleRoutes(parts),
    ...buildBulkRoleRoutes(parts),
    ...buildSearchRoutes(parts),
    ...buildRoleMappingRoutes(parts),
    ...buildApplicationPrivilegeRoutes(parts),
    ...buildUserPrivilegeRoutes(parts),
    ...buildCacheRoutes({
      node: parts.node,
      realms: [...authenticator.realmNames, ...parts.oidcLogin.realmNames],
      clearRealm: (realm, usernames) => authenticator.clearCache(realm, usernames),
    }),
  ]
  routes.push(buildOpenApiRoute(routes, parts.node.version))
  const tokensEnabled = tokens.enabled
  const api = createHttpApi({ routes, authenticator, authorizer, tokensEnabled, detailedErrors, audit, log })
  return { ...api, ...createHttpServer({ ...api, tls, log }) }
}
