/** Accounts of programs, which are no users: `ostiary/portal` is the browser side when it runs beside the API. */
import type { RoleDescriptor } from './role-descriptor.ts'

/** The realm of such accounts: no realm of users can have this type. */
export const SERVICE_ACCOUNT_REALM = { name: '_service_account', type: '_service_account' } as const

export const PORTAL_ACCOUNT = 'ostiary/portal'

const ACCOUNTS: ReadonlyMap<string, RoleDescriptor> = new Map([
  [
    PORTAL_ACCOUNT,
    { cluster: ['manage_oidc', 'manage_token'], indices: [], applications: [], run_as: [], metadata: {} },
  ],
])

/** What the account may do; `undefined` if there is no such account, which then may nothing. */
export function findServiceAccount(name: string): RoleDescriptor | undefined {
  return ACCOUNTS.get(name)
}
