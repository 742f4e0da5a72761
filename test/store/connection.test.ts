import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openConnection } from '../../src/store/embedded/connection.ts'

const directory = mkdtempSync(join(tmpdir(), 'ostiary-connection-'))
after(() => rmSync(directory, { recursive: true }))
const file = join(directory, 'ostiary.db')

test('a connection that writes puts a log before the file and syncs it at every commit', () => {
  const writing = openConnection(file, 'write')
  assert.equal(writing.run('pragma journal_mode')[0]?.['journal_mode'], 'wal')
  assert.equal(writing.run('pragma synchronous')[0]?.['synchronous'], 2)
  assert.equal(writing.run('pragma foreign_keys')[0]?.['foreign_keys'], 1)
  writing.close()
})

test('a connection that reads cannot write', () => {
  openConnection(file, 'write').close()
  const reading = openConnection(file, 'read')
  assert.throws(() => reading.exec('create table one (a)'), /readonly/)
  reading.close()
})
