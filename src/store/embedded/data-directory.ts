import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { SecurityError } from '../../kernel/errors.ts'
import { openConnection } from './connection.ts'
import { joinLock, lockDirectory, type DirectoryLock } from './directory-lock.ts'
import { migrate } from './migration.ts'
import { createReader, type Reader } from './reader.ts'

export interface DataDirectory {
  readonly file: string
  readonly reader: Reader
  readonly lock: DirectoryLock
}

/**
 * Makes the data folder ours: private to its owner, locked against other programs, its file there and of today's format.
 * @throws SecurityError `store_unavailable` saying what is wrong
 */
export function openDataDirectory(directory: string): DataDirectory {
  try {
    makeFolder(directory)
    const lock = lockDirectory(directory)
    try {
      const file = fileOf(directory)
      return { file, reader: openFile(file, directory), lock }
    } catch (error) {
      lock.release()
      throw error
    }
  } catch (cause) {
    if (cause instanceof SecurityError) throw cause
    throw new SecurityError('store_unavailable', `the data folder [${directory}] cannot be used`, cause)
  }
}

/**
 * The data folder for a worker of `holder`, which has it open.
 * @throws SecurityError `store_unavailable`
 */
export function joinDataDirectory(directory: string, holder: number): Omit<DataDirectory, 'file'> {
  const lock = joinLock(directory, holder)
  return { reader: createReader(fileOf(directory)), lock }
}

/** The store's file in a data folder. */
export function fileOf(directory: string): string {
  return join(directory, 'ostiary.db')
}

function openFile(file: string, directory: string): Reader {
  // SQLite gives the files beside it (-wal, -shm) the permissions of this one.
  if (!existsSync(file)) createFile(file, directory)
  chmodSync(file, 0o600)
  const writer = openConnection(file, 'write')
  try {
    migrate(writer, file)
    // Opened while the writer is: a connection that only reads cannot always make the files beside the main one.
    const reader = createReader(file)
    reader.run('select count(*) as tables from sqlite_schema')
    return reader
  } finally {
    writer.close()
  }
}

/** Copies what the write-ahead log holds into the file and removes it. Others must have closed the file by now. */
export function removeLog(file: string): void {
  if (!existsSync(`${file}-wal`)) return
  try {
    // The last connection to close does it, if it is one that may write.
    openConnection(file, 'write').close()
  } catch {
    // Then it stays for the next start: nothing of it is lost.
  }
}

/** Makes a folder, or one that is there, for its owner only. Like a file, it is durable when the folder that names it is. */
export function makeFolder(path: string): void {
  const directory = resolve(path)
  const first = mkdirSync(directory, { recursive: true, mode: 0o700 })
  chmodSync(directory, 0o700)
  if (first === undefined) return
  for (let made = directory; made.length >= first.length; made = dirname(made)) synchronizeFolder(dirname(made))
}

function createFile(file: string, directory: string): void {
  closeSync(openSync(file, 'a', 0o600))
  synchronizeFolder(directory)
}

/** Makes the names in a folder durable. */
export function synchronizeFolder(directory: string): void {
  const folder = openSync(directory, 'r')
  fsyncSync(folder)
  closeSync(folder)
}
