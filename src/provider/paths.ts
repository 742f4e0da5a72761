/** Paths that no setting changes. */
export const ACCOUNT_PATH = '/account'
