import { after } from 'node:test'
import { createPostgresStore } from '../../src/store/postgres.ts'
import { startPostgres, type PostgresServer } from '../support/postgres.ts'
import { registerContract } from './contract.ts'

const server: PostgresServer = await startPostgres()
after(() => server.remove())

registerContract('postgres', async () => {
  const database = await server.createDatabase()
  return {
    open: (clock) =>
      createPostgresStore({ address: server.address(database), poolSize: 4, fingerprints: ['one'], clock }),
    remove: async () => undefined,
  }
})
