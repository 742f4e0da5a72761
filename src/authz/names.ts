/** Printable ASCII, without a blank at either end. */
const NAME = /^[\x21-\x7e](?:[\x20-\x7e]{0,1022}[\x21-\x7e])?$/

/** What is wrong with the name of a user or a role; `undefined` if nothing. */
export function findNameFault(kind: 'User' | 'Role', name: string): string | undefined {
  if (NAME.test(name)) return undefined
  return (
    `${kind} names must be at least 1 and no more than 1024 characters. They can contain alphanumeric characters ` +
    '(a-z, A-Z, 0-9), spaces, punctuation, and printable symbols in the Basic Latin (ASCII) block. ' +
    'Leading or trailing whitespace is not allowed.'
  )
}

/** Keys of metadata that begin with `_` are the system's own. */
export function hasReservedKey(metadata: { readonly [key: string]: unknown }): boolean {
  return Object.keys(metadata).some((key) => key.startsWith('_'))
}
