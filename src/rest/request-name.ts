/** What Elasticsearch calls the requests of its actions: the audit log's `request.name`. */
const NAMES: Readonly<Record<string, string>> = {
  'cluster:monitor/main': 'MainRequest',
  'cluster:monitor/health': 'ClusterHealthRequest',
  'oidc/prepare': 'OpenIdConnectPrepareAuthenticationRequest',
  'oidc/authenticate': 'OpenIdConnectAuthenticateRequest',
  'oidc/logout': 'OpenIdConnectLogoutRequest',
  'token/create': 'CreateTokenRequest',
  'token/refresh': 'CreateTokenRequest',
  'token/invalidate': 'InvalidateTokenRequest',
  'user/authenticate': 'AuthenticateRequest',
  'user/has_privileges': 'HasPrivilegesRequest',
  'user/list_privileges': 'GetUserPrivilegesRequest',
  'user/put': 'PutUserRequest',
  'user/get': 'GetUsersRequest',
  'user/delete': 'DeleteUserRequest',
  'user/change_password': 'ChangePasswordRequest',
  'user/set_enabled': 'SetEnabledRequest',
  'role/put': 'PutRoleRequest',
  'role/get': 'GetRolesRequest',
  'role/delete': 'DeleteRoleRequest',
  'role/bulk_put': 'BulkPutRolesRequest',
  'role/bulk_delete': 'BulkDeleteRolesRequest',
  'role/query': 'QueryRoleRequest',
  'user/query': 'QueryUserRequest',
  'role_mapping/put': 'PutRoleMappingRequest',
  'role_mapping/get': 'GetRoleMappingsRequest',
  'role_mapping/delete': 'DeleteRoleMappingRequest',
  'privilege/put': 'PutPrivilegesRequest',
  'privilege/get': 'GetPrivilegesRequest',
  'privilege/delete': 'DeletePrivilegesRequest',
  'privilege/builtin/get': 'GetBuiltinPrivilegesRequest',
  'realm/cache/clear': 'ClearRealmCacheRequest',
  'roles/cache/clear': 'ClearRolesCacheRequest',
  'privilege/cache/clear': 'ClearPrivilegesCacheRequest',
}

/** `undefined` for an action that Elasticsearch does not have. */
export function nameRequest(action: string): string | undefined {
  return NAMES[action.replace('cluster:admin/xpack/security/', '')]
}
