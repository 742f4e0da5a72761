import { open, rm } from 'node:fs/promises'
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
