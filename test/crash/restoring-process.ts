/** A program that restores two backups into a data folder in turn, without end, and says when it has. */
import { writeSync } from 'node:fs'
import { restore } from '../../src/store/embedded/backup.ts'

const [directory = '', ...backups] = process.argv.slice(2)
for (;;) {
  for (const backup of backups) {
    restore(directory, backup, { keepLogins: true })
    writeSync(1, `${backup}\n`)
  }
}
