import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openConnection, type Connection } from '../../src/store/embedded/connection.ts'
import { migrate } from '../../src/store/embedded/migration.ts'

const FIRST = 'create table one (name text); insert into one values (1), (2)'
const SECOND = 'alter table one add column more text; create table two (name text)'

const directory = mkdtempSync(join(tmpdir(), 'ostiary-migration-'))
after(() => rmSync(directory, { recursive: true }))

let files = 0
const newFile = () => join(directory, `${(files += 1)}.db`)

test('a new file gets all steps, an older one those it lacks, and what was in it stays', () => {
  withFile(newFile(), (connection, file) => {
    migrate(connection, file, [FIRST])
    migrate(connection, file, [FIRST, SECOND])
    migrate(connection, file, [FIRST, SECOND])
    assert.deepEqual(
      connection.run('select name, more from one').map(({ name, more }) => ({ name, more })),
      [
        { name: '1', more: null },
        { name: '2', more: null },
      ],
    )
    assert.equal(connection.run('pragma user_version')[0]?.['user_version'], 2)
  })
})

test('a newer file is refused with a sentence that tells both versions', () => {
  withFile(newFile(), (connection, file) => {
    migrate(connection, file, [FIRST, SECOND])
    assert.throws(() => migrate(connection, file, [FIRST]), {
      reason: 'store_unavailable',
      message: /has the format version 2, but this version of Ostiary knows none above 1\. Start the newer version/,
    })
  })
})

test('a step that fails leaves the file as it was', () => {
  withFile(newFile(), (connection, file) => {
    migrate(connection, file, [FIRST])
    const broken = `${SECOND}; insert into nowhere values (1)`
    assert.throws(() => migrate(connection, file, [FIRST, broken]), /nowhere/)
    assert.equal(connection.run('pragma user_version')[0]?.['user_version'], 1)
    assert.deepEqual(connection.run("select name from sqlite_schema where name = 'two'"), [])
    migrate(connection, file, [FIRST, SECOND])
  })
})

test('the database of another program is refused, whatever it says of its version', () => {
  for (const foreign of ['create table theirs (a)', 'pragma application_id = 7', 'pragma user_version = 1']) {
    withFile(newFile(), (connection, file) => {
      connection.exec(foreign)
      assert.throws(() => migrate(connection, file, [FIRST]), {
        reason: 'store_unavailable',
        message: /is a database of another program/,
      })
    })
  }
})

test('a damaged file is not migrated', () => {
  const file = newFile()
  withFile(file, (connection) => {
    connection.exec('pragma journal_mode = delete')
    migrate(connection, file, [
      `create table one (name text); create index by_name on one (name);
      insert into one select value from json_each('[${Array.from({ length: 2000 }, (_, index) => index).join()}]')`,
    ])
  })
  const bytes = readFileSync(file)
  // The last page holds entries of the table or of its index: one of them now lacks some.
  bytes.fill(0, bytes.length - 4096)
  writeFileSync(file, bytes)
  withFile(file, (connection) => {
    assert.throws(() => migrate(connection, file, [FIRST, SECOND]), {
      reason: 'store_unavailable',
      message: /is damaged and was left as it is \(.+\)\. Restore a backup/,
    })
    assert.equal(connection.run('pragma user_version')[0]?.['user_version'], 1)
  })
})

function withFile(file: string, act: (connection: Connection, file: string) => void): void {
  const connection = openConnection(file, 'write')
  try {
    act(connection, file)
  } finally {
    connection.close()
  }
}
