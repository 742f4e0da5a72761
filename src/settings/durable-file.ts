import { chmod, chown, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { randomText } from '../kernel/random.ts'

/**
 * Writes a file that is complete and on disk when the promise resolves, else as it was. Readable by its owner alone.
 * @param publish gives the complete file its name; the folder is synchronised afterwards, so that the name is on disk too
 */
export async function writeDurably(
  file: string,
  text: string,
  publish: (written: string) => Promise<void>,
): Promise<void> {
  const written = join(dirname(file), `.${basename(file)}.${randomText(6)}`)
  try {
    const handle = await open(written, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await publish(written)
  } catch (error) {
    await rm(written, { force: true })
    throw error
  }
  const folder = await open(dirname(file))
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/**
 * Puts a file in the place of another, whole or not at all; for its owner alone, and its group if that could read it
 * before. A link stays, and leads to the new one.
 */
export async function replaceDurably(path: string, text: string): Promise<void> {
  const file = await realpath(path).catch(() => path)
  const before = await stat(file).catch(() => undefined)
  await writeDurably(file, text, async (written) => {
    // An administrator may write what the program's own user must be able to read, be it by its group.
    if (before !== undefined && process.getuid?.() === 0) await chown(written, before.uid, before.gid)
    if (before !== undefined && before.gid === (await stat(written)).gid) await chmod(written, before.mode & 0o640)
    await rename(written, file)
  })
}
