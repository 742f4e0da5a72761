import { execFileSync } from 'node:child_process'
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder on a disk that, when the power goes, has forgotten what it was not told to keep. */
export interface ForgetfulDisk {
  /** For the process that writes in the folder. */
  readonly environment: Readonly<Record<string, string>>
  /** Makes the folder what was kept. No process may have it open. */
  losePower(): void
  /** What is in the folder now is kept: to be called after others than a process with this environment wrote there. */
  keepAll(): void
  remove(): void
}

/**
 * Builds the library of `forgetful-disk.c` and takes what is in the folder as kept.
 * @param early of a hundred writes, how many the disk has done in part before it was told to keep them
 */
export function createForgetfulDisk(folder: string, early: number): ForgetfulDisk {
  const own = mkdtempSync(join(tmpdir(), 'ostiary-disk-'))
  const library = join(own, 'forgetful-disk.so')
  const source = join(import.meta.dirname, 'forgetful-disk.c')
  execFileSync('gcc', ['-O1', '-shared', '-fPIC', '-Wno-format-truncation', '-Wall', '-Werror', '-o', library, source])
  // Hard links and a rename lead from one to the other, so it is on the same file system.
  const platter = `${folder}.platter`
  const keepAll = () => {
    rmSync(platter, { recursive: true, force: true })
    mkdirSync(join(platter, 'content'), { recursive: true })
    takeFolder(folder, join(platter, 'names'), join(platter, 'content'))
  }
  keepAll()
  return {
    environment: {
      LD_PRELOAD: library,
      OSTIARY_TEST_DISK: folder,
      OSTIARY_TEST_PLATTER: platter,
      OSTIARY_TEST_EARLY: String(early),
    },
    losePower() {
      rmSync(folder, { recursive: true })
      renameSync(join(platter, 'names'), folder)
      keepAll()
    },
    keepAll,
    remove() {
      rmSync(platter, { recursive: true, force: true })
      rmSync(own, { recursive: true, force: true })
    },
  }
}

function takeFolder(folder: string, names: string, contents: string): void {
  mkdirSync(names)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const from = join(folder, entry.name)
    const to = join(names, entry.name)
    if (entry.isDirectory()) takeFolder(from, to, contents)
    else {
      const content = join(contents, String(statSync(from).ino))
      copyFileSync(from, content)
      linkSync(content, to)
    }
  }
}
