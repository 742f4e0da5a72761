/**
 * What the settings file, the environment and the keystore say, read and checked. The table of all settings is in
 * `table.ts`; this file only names the shapes that the parts take. Durations are in seconds.
 */
export interface Settings {
  /** The folder of the settings file: relative paths of the settings start here. */
  readonly directory: string
  readonly file: string
  /** The demo of the repository: its accounts and secrets are put in at first start, and refused beyond loopback. */
  readonly demo: boolean
  readonly node: NodeSettings
  /** `undefined`: the embedded store. */
  readonly postgres: PostgresSettings | undefined
  readonly http: ListenerSettings & { readonly detailedErrors: boolean; readonly tls: TlsServerSettings | undefined }
  readonly tokens: TokenSettings
  /** `undefined`: callers without credentials are refused. */
  readonly anonymous: AnonymousSettings | undefined
  readonly audit: AuditSettings
  readonly oidcRealms: readonly OidcRealmSettings[]
  readonly ldapRealms: readonly LdapRealmSettings[]
  readonly portal: PortalSettings
  readonly provider: ProviderSettings
  /** Newest first: the secrets that seal what the store keeps. From the keystore. */
  readonly secrets: readonly string[]
  /** `bootstrap.password`: the password of `elastic` until it is changed by the API. From the keystore. */
  readonly bootstrapPassword: string | undefined
  /** What works and yet deserves a look, for the log. */
  readonly warnings: readonly string[]
}

export type NodeRole = 'security' | 'portal' | 'provider'

export interface NodeSettings {
  readonly name: string
  readonly clusterName: string
  readonly roles: ReadonlySet<NodeRole>
  /** Processes that share the ports. */
  readonly workers: number
  /** Absolute path of the data folder. */
  readonly data: string
  readonly logLevel: string
}

/** `store.postgres`. */
export interface PostgresSettings {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  /** From the keystore. */
  readonly password: string | undefined
  readonly poolSize: number
  readonly connectTimeout: number
  readonly timeout: number
  /** `undefined`: without TLS. */
  readonly ssl: TlsClientSettings | undefined
}

export interface ListenerSettings {
  readonly host: string
  readonly port: number
}

/** TLS of a listener; paths are absolute. */
export interface TlsServerSettings {
  /** What its settings begin with, for messages: `xpack.security.http.ssl.` */
  readonly prefix: string
  readonly certificate: string | undefined
  readonly key: string | undefined
  /** From the keystore, as the other password. */
  readonly keyPassphrase: string | undefined
  /** PKCS#12, in place of certificate and key. */
  readonly keystore: string | undefined
  readonly keystorePassword: string | undefined
  /** `undefined`: as the keystore's. */
  readonly keystoreKeyPassword: string | undefined
  /** PEM files; none with a truststore. */
  readonly certificateAuthorities: readonly string[]
  /** PKCS#12. */
  readonly truststore: string | undefined
  readonly truststorePassword: string | undefined
  readonly clientAuthentication: 'none' | 'optional' | 'required'
  readonly supportedProtocols: readonly ('TLSv1.2' | 'TLSv1.3')[]
  /** In OpenSSL's words; `undefined`: the runtime's choice. */
  readonly cipherSuites: readonly string[] | undefined
}

export interface TokenSettings {
  readonly enabled: boolean
  readonly accessLifetime: number
  /** Seconds for which a pair is still known after its end. */
  readonly removalDelay: number
}

/** `xpack.security.authc.anonymous`. */
export interface AnonymousSettings {
  readonly username: string
  readonly roles: readonly string[]
  readonly authzException: boolean
}

export interface AuditSettings {
  readonly enabled: boolean
  readonly outputs: ReadonlySet<'logfile' | 'stdout'>
  /** Absolute path of the folder of the audit log. */
  readonly directory: string
  /** Names of events (`access_denied`), of types of events (`portal`), or `_all`. */
  readonly include: ReadonlySet<string>
  readonly exclude: ReadonlySet<string>
  readonly emitRequestBody: boolean
  /** What every line says about its node. */
  readonly emit: {
    readonly clusterName: boolean
    readonly clusterUuid: boolean
    readonly nodeName: boolean
    readonly nodeId: boolean
    readonly hostName: boolean
    readonly hostAddress: boolean
  }
  readonly ignoreFilters: readonly AuditIgnoreFilter[]
}

/** Lists of patterns; an event that all lists cover is left out. */
export type AuditIgnoreFilter = Readonly<
  Partial<Record<'users' | 'realms' | 'roles' | 'indices' | 'actions', readonly string[]>>
>

export type ResponseType = 'code' | 'id_token' | 'id_token token'
export type ClientAuthMethod =
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'client_secret_jwt'
  | 'private_key_jwt'
  | 'none'
export type UserProperty = 'principal' | 'groups' | 'name' | 'mail' | 'dn'

/** `xpack.security.authc.realms.oidc.<name>`: the names are the settings' own in camel case. */
export interface OidcRealmSettings {
  readonly name: string
  readonly order: number
  /** Names of the realms that know the users; empty: claims and role mappings make them. */
  readonly authorizationRealms: readonly string[]
  readonly rp: {
    readonly clientId: string
    /** From the keystore. */
    readonly clientSecret: string | undefined
    readonly redirectUri: string
    readonly responseType: ResponseType
    readonly requestedScopes: readonly string[]
    readonly signatureAlgorithm: string
    readonly postLogoutRedirectUri: string | undefined
    readonly clientAuthMethod: ClientAuthMethod
    readonly clientAuthJwtSignatureAlgorithm: string
    /** PEM or JWK. From the keystore. */
    readonly clientAuthJwtSigningKey: string | undefined
    readonly pkce: boolean
  }
  readonly op: {
    readonly issuer: string
    readonly authorizationEndpoint: string | undefined
    readonly tokenEndpoint: string | undefined
    readonly userinfoEndpoint: string | undefined
    readonly endsessionEndpoint: string | undefined
    readonly jwksetPath: string | undefined
  }
  readonly claims: { readonly principal: string } & { readonly [property in UserProperty]?: string }
  readonly claimPatterns: { readonly [property in UserProperty]?: string }
  readonly allowedClockSkew: number
  readonly populateUserMetadata: boolean
  readonly http: OutboundSettings
}

/** `xpack.security.authc.realms.ldap.<name>`; times are in seconds. */
export interface LdapRealmSettings {
  readonly name: string
  readonly order: number
  readonly urls: readonly string[]
  /** Who searches; `undefined`: anonymous. The password is from the keystore. */
  readonly bind: { readonly dn: string; readonly password: string } | undefined
  readonly users: LdapSearchSettings
  /** `undefined`: an attribute of the user names its groups. */
  readonly groups: (LdapSearchSettings & { readonly userAttribute: string | undefined }) | undefined
  readonly attributes: {
    readonly fullName: string
    readonly email: string
    readonly groups: string
    readonly metadata: readonly string[]
  }
  readonly unmappedGroupsAsRoles: boolean
  readonly connectTimeout: number
  readonly readTimeout: number
  readonly searchTimeout: number
  readonly cacheTtl: number
  readonly trust: TlsClientSettings
}

export interface LdapSearchSettings {
  readonly base: string
  readonly scope: 'sub_tree' | 'one_level' | 'base'
  /** `{0}` stands for the name. */
  readonly filter: string
}

/** TLS to a server. */
export interface TlsClientSettings {
  /** PEM texts of the certificate authorities to trust; `undefined`: the system's. */
  readonly certificateAuthorities: readonly string[] | undefined
  readonly verificationMode: 'full' | 'certificate' | 'none'
  /** In the words of `tls.createSecureContext`: what we show of ourselves, and what is spoken. */
  readonly tls: Partial<TlsIdentity> & {
    readonly ciphers?: string
    readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
    readonly maxVersion: 'TLSv1.2' | 'TLSv1.3'
  }
}

/** PEM. */
export interface TlsIdentity {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  readonly passphrase?: string
}

/** Calls to an OpenID Provider. */
export interface OutboundSettings extends TlsClientSettings {
  readonly connectTimeout: number
  /** How long a call may wait for a free connection. */
  readonly connectionReadTimeout: number
  readonly socketTimeout: number
  readonly maxConnections: number
  readonly maxEndpointConnections: number
  readonly connectionPoolTtl: number
  readonly proxy: { readonly host: string; readonly port: number; readonly scheme: 'http' | 'https' } | undefined
  readonly tcpKeepAlive: boolean
}

export interface PortalProviderSettings {
  readonly type: 'oidc' | 'basic' | 'token'
  readonly name: string
  readonly order: number
  /** For `oidc` only. */
  readonly realm: string | undefined
  readonly description: string
  readonly hint: string | undefined
  readonly icon: string | undefined
  readonly showInSelector: boolean
  /** Seconds; 0 = off. */
  readonly idleTimeout: number
  readonly lifespan: number
  /** Markdown; wins over the portal's. */
  readonly accessAgreement: string | undefined
  /** It is offered on pages of these origins only; empty: on all. */
  readonly origins: readonly string[]
}

export interface PortalSettings extends ListenerSettings {
  /** `undefined`: plain HTTP. */
  readonly tls: TlsServerSettings | undefined
  readonly name: string
  readonly basePath: string
  /** Requests arrive with the base path, and the portal takes it off. */
  readonly rewriteBasePath: boolean
  readonly publicBaseUrl: string | undefined
  /** In ascending order. */
  readonly providers: readonly PortalProviderSettings[]
  readonly selector: boolean
  readonly encryptionKey: string | undefined
  readonly cookieName: string
  readonly secureCookies: boolean
  readonly sameSiteCookies: 'Strict' | 'Lax' | 'None'
  readonly cleanupInterval: number
  readonly loginAssistanceMessage: string | undefined
  readonly loginHelp: string | undefined
  readonly accessAgreement: string | undefined
  /** Of one user at one provider; `undefined`: unlimited. */
  readonly maxSessions: number | undefined
  /** Schemes of the `Authorization` header that are served, in lower case; none: the header is of no use. */
  readonly headerSchemes: readonly string[]
  /** Names in lower case of the headers that go along with the `Authorization` header. */
  readonly passedHeaders: readonly string[]
  readonly xsrf: { readonly disableProtection: boolean; readonly allowlist: readonly string[] }
  readonly customHeaders: Readonly<Record<string, string>>
  /** Other sites may show the portal in a frame. */
  readonly embedding: boolean
  readonly strictTransportSecurity: string | undefined
  /** `undefined`: the API of the same process. */
  readonly api: RemoteApiSettings | undefined
  /** The `Authorization` header by which the portal calls the API; `undefined`: its own built-in account. */
  readonly apiAuthorization: string | undefined
}

/** A security API that is called over the network. */
export interface RemoteApiSettings {
  /** URLs without a slash at the end, used in turn. */
  readonly hosts: readonly string[]
  /** Milliseconds. */
  readonly requestTimeout: number
  /** PEM texts of the certificate authorities to trust; `undefined`: the system's. */
  readonly certificateAuthorities: readonly string[] | undefined
  readonly clientCertificate: TlsIdentity | undefined
  readonly verificationMode: 'full' | 'certificate' | 'none'
  /** Presents the certificate in the name of users too. */
  readonly alwaysPresentCertificate: boolean
}

export interface ProviderSettings {
  readonly issuer: string
  readonly host: string
  readonly port: number
  /** Paths by the name of the endpoint. */
  readonly routes: Readonly<Record<ProviderRoute, string>>
  /** Where the accounts are: in the file, or the users of the security API. */
  readonly accountsSource: 'file' | 'native'
  /** Absolute path of the accounts file. */
  readonly accountsPath: string
  readonly clients: readonly ProviderClientSettings[]
  /** Of OAuth 2.0 Multiple Response Type Encoding Practices: what clients may register. */
  readonly responseTypes: readonly string[]
  /** APIs that clients can ask access tokens for. */
  readonly resources: readonly ProviderResourceSettings[]
  readonly ttl: Readonly<Record<ProviderTtl, number>>
  readonly tls: TlsServerSettings | undefined
  /** Proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[]
  /** The life of signing keys: how long each signs (0: until somebody says so), is published before, verifies after. */
  readonly keys: { readonly rotateEvery: number; readonly announce: number; readonly retain: number }
  /** Without a token anybody may register. */
  readonly registration: { readonly enabled: boolean; readonly initialAccessToken: string | undefined }
  /** Hosts that calls to clients may reach although their addresses are special-use. */
  readonly allowedHosts: readonly string[]
  readonly endSession: {
    readonly enabled: boolean
    readonly accessTokenHintMayRedirect: boolean
    /** Hints and URIs that do not count are errors. */
    readonly strictErrors: boolean
    /** A caller without a browser may end a session by its access token. */
    readonly headlessLogout: boolean
    readonly hintRetention: number
  }
}

export type ProviderRoute =
  | 'authorization'
  | 'token'
  | 'revocation'
  | 'introspection'
  | 'userinfo'
  | 'jwks'
  | 'endSession'
  | 'registration'
export type ProviderTtl =
  | 'session'
  | 'interaction'
  | 'code'
  | 'accessToken'
  | 'jwtAccessToken'
  | 'idToken'
  | 'refreshToken'

/** `provider.resources.<identifier>`: a resource server of RFC 8707. */
export interface ProviderResourceSettings {
  /** What clients name it by, and the audience of its access tokens. */
  readonly identifier: string
  /** What can be asked for there, separated by blanks. */
  readonly scope: string
  readonly accessTokenFormat: 'opaque' | 'jwt'
}

/** `provider.clients.<client_id>`: metadata under their registered names, and our own flags beside them. */
export interface ProviderClientSettings {
  readonly clientId: string
  /** From the keystore. */
  readonly clientSecret: string | undefined
  /** OpenID Connect Dynamic Client Registration 1.0 §2. */
  readonly metadata: Readonly<Record<string, string | number | boolean | readonly string[]>>
  readonly consent: 'skip' | 'ask'
  readonly requirePkce: boolean
  readonly accessTokenHintMayRedirect: boolean
}
