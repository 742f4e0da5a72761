/**
 * The accounts of the provider: who can sign in here, and with what claims. The source is a file that is watched; what
 * uses the accounts sees only the look-ups, so that another source can take its place.
 */
import { readFile, stat } from 'node:fs/promises'
import { type Stats, unwatchFile, watchFile } from 'node:fs'
import { verifyPassword } from '../authc/password.ts'
import { describeError, type Log } from '../observe/log.ts'
import { SettingsError } from '../settings/settings-error.ts'
import { type Account, type FileAccount, readAccounts } from './accounts-file.ts'

const WATCH_EVERY_MS = 1000
/** More than until the next look: whoever writes the file in place is done when nothing changes for so long. */
const REST_MS = 1500
const RETRY_MS = 2000

export interface Accounts {
  /** A disabled account is as good as none. */
  findBySubject(subject: string): Promise<Account | undefined>
  /** The account, if name and password are right. An unknown name takes as long as a wrong password. */
  verify(name: string, password: string): Promise<Account | undefined>
  /** Whom to tell when accounts were removed or disabled: their subjects. Told again until the promise resolves. */
  onRemoval(listener: (subjects: readonly string[]) => Promise<void>): void
  close(): void
}

/**
 * @param parts.path absolute path of the accounts file; without a file nobody can sign in
 * @throws SettingsError if the file is faulty. Later, when it changes, a faulty file leaves all as it was.
 */
export async function createAccounts(parts: { path: string; log: Log }): Promise<Accounts> {
  const { path, log } = parts
  let accounts = await readFirst(path, log)
  let onRemoval: (subjects: readonly string[]) => Promise<void> = async () => {}
  const find = (subject: string) => accounts.find((account) => account.subject === subject && account.enabled)

  /** @param mtimeMs of the file when it was seen to have changed; if it has changed again, the next look tells */
  async function reload({ mtimeMs }: Stats): Promise<void> {
    if ((await stat(path)).mtimeMs !== mtimeMs) return
    const text = await readFile(path, 'utf8')
    // So a copy or an editor leaves it for a moment, and everybody would be signed out.
    if (text.trim() === '') throw new Error(`${path} is empty; without accounts it says [users: {}]`)
    const before = accounts
    accounts = readAccounts(text, path)
    for (const { subject, enabled } of before) if (enabled) untold.add(subject)
    log.info({ accounts: accounts.length }, 'the accounts of the provider were read again')
    void tellOfRemoval()
  }

  const untold = new Set<string>()
  let retry: NodeJS.Timeout | undefined

  async function tellOfRemoval(): Promise<void> {
    clearTimeout(retry)
    const gone = [...untold].filter((subject) => find(subject) === undefined)
    untold.clear()
    if (gone.length === 0) return
    try {
      await onRemoval(gone)
    } catch (err) {
      log.error({ err }, 'the sessions of removed accounts could not be ended; it is tried again')
      for (const subject of gone) untold.add(subject)
      retry = setTimeout(() => void tellOfRemoval(), RETRY_MS).unref()
    }
  }

  let resting: NodeJS.Timeout | undefined
  const watch = (now: Stats, before: Stats) => {
    // Of a file that is not there the first look tells as well.
    if (now.mtimeMs === before.mtimeMs && now.ino === before.ino) return
    clearTimeout(resting)
    resting = setTimeout(() => {
      reload(now).catch((err: unknown) => log.error({ err }, 'the accounts of the provider stay as they were'))
    }, REST_MS).unref()
  }
  watchFile(path, { interval: WATCH_EVERY_MS, persistent: false }, watch)

  return {
    findBySubject: async (subject) => find(subject),
    async verify(name, password) {
      const account = accounts.find((candidate) => candidate.name === name)
      const measured = account ?? accounts[0]
      if (measured === undefined) return undefined
      const accepted = await verifyPassword(password, measured.passwordHash)
      return accepted && account?.enabled === true ? account : undefined
    },
    onRemoval(listener) {
      onRemoval = listener
    },
    close() {
      unwatchFile(path, watch)
      clearTimeout(resting)
      clearTimeout(retry)
    },
  }
}

async function readFirst(path: string, log: Log): Promise<FileAccount[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (err) {
    if (!isMissing(err))
      throw new SettingsError(path, [{ setting: '', where: 'file', text: `it cannot be read: ${describeError(err)}` }])
    log.warn({ err }, `the provider has no accounts in ${path}: [ostiary provider accounts add NAME] puts one in`)
    return []
  }
  return readAccounts(text, path)
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
