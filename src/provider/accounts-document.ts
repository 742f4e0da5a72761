/**
 * Changes to the text of the accounts file, pure: comments and the order of what is there stay as they are. The text that
 * comes out is one that `readAccounts` takes.
 */
import { Document, isMap, parseDocument, type YAMLMap } from 'yaml'
import type { JsonObject } from '../kernel/json.ts'
import { readAccounts } from './accounts-file.ts'

export interface NewAccount {
  readonly name: string
  readonly passwordHash: string
  readonly subject: string
  readonly claims: JsonObject
}

/**
 * @param file for messages
 * @returns `undefined` if there is such an account already
 * @throws SettingsError if the text, or the account, is faulty
 */
export function addAccount(text: string, file: string, account: NewAccount): string | undefined {
  return change(text, file, (users, document) => {
    if (users.has(account.name)) return false
    const { passwordHash, subject, claims } = account
    users.set(account.name, document.createNode({ password_hash: passwordHash, sub: subject, claims }))
    return true
  })
}

/** @returns `undefined` if there is no such account. @throws SettingsError if the text is faulty */
export function removeAccount(text: string, file: string, name: string): string | undefined {
  return change(text, file, (users) => users.delete(name))
}

/** @returns `undefined` if there is no such account. @throws SettingsError if the text is faulty */
export function setPasswordHash(text: string, file: string, name: string, passwordHash: string): string | undefined {
  return change(text, file, (users) => {
    const account = users.get(name)
    if (!isMap(account)) return false
    account.set('password_hash', passwordHash)
    return true
  })
}

function change(text: string, file: string, edit: (users: YAMLMap, document: Document) => boolean): string | undefined {
  readAccounts(text, file)
  const document: Document = parseDocument(text, { stringKeys: true })
  if (!isMap(document.contents)) document.contents = document.createNode({ users: {} })
  if (!isMap(document.get('users'))) document.set('users', document.createNode({}))
  const users = document.get('users') as YAMLMap
  // An empty map is written in one line, and what is put into it would be too.
  users.flow = false
  if (!edit(users, document)) return undefined
  const changed = document.toString({ lineWidth: 0 })
  readAccounts(changed, file)
  return changed
}
