/** Who is signed in, as the portal tells it: the API's answer with the provider, without what must stay inside. */
import { type JsonObject, isJsonObject } from '../kernel/json.ts'
import type { User } from './visit.ts'

/** A raw ID token in the user's metadata, which Elasticsearch puts there: a secret. */
const ID_TOKEN_HINT = 'oidc(id_token_hint)'

/** The body of `GET /internal/security/me`. */
export function buildProfile({ profile, provider }: User): JsonObject {
  return {
    username: profile['username'] ?? '',
    full_name: profile['full_name'] ?? null,
    email: profile['email'] ?? null,
    roles: profile['roles'] ?? [],
    metadata: publicMetadata(profile['metadata']),
    enabled: profile['enabled'] ?? true,
    authentication_realm: refOf(profile['authentication_realm']),
    lookup_realm: refOf(profile['lookup_realm'] ?? profile['authentication_realm']),
    authentication_provider: { type: provider.type, name: provider.name },
    authentication_type: profile['authentication_type'] ?? 'realm',
    elastic_cloud_user: false,
  }
}

export function usernameOf(profile: JsonObject): string {
  return typeof profile['username'] === 'string' ? profile['username'] : ''
}

function publicMetadata(metadata: unknown): JsonObject {
  if (!isJsonObject(metadata)) return {}
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== ID_TOKEN_HINT))
}

function refOf(realm: unknown): JsonObject {
  if (!isJsonObject(realm)) return {}
  return { name: realm['name'] ?? '', type: realm['type'] ?? '' }
}
