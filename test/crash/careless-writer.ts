/**
 * A program that writes rows to an SQLite file without end and says each on its standard output when its commit has
 * returned. How carefully SQLite writes is its second argument.
 */
import { writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

const [file = '', synchronous = ''] = process.argv.slice(2)
const database = new DatabaseSync(file)
database.exec(`pragma journal_mode = wal; pragma synchronous = ${synchronous}`)
database.exec('create table if not exists row (id integer primary key)')
const insert = database.prepare('insert into row default values returning id')
for (;;) writeSync(1, `${String(insert.get()?.['id'])}\n`)
