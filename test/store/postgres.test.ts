import { after } from 'node:test'
import { createPostgresStore } from '../../src/store/postgres.ts'
import { startPostgres, type PostgresServer } from '../support/postgres.ts'
import { type Place, registerContract } from './contract.ts'
import { registerPromises } from './promises.ts'

const server: PostgresServer = await startPostgres()
after(() => server.remove())

registerContract('postgres', createPlace)
registerPromises('postgres', createPlace)

async function createPlace(): Promise<Place> {
  const database = await server.createDatabase()
  return {
    open: (clock) =>
      createPostgresStore({ address: server.address(database), poolSize: 4, fingerprints: ['one'], clock }),
    readDisk: () => server.readDisk(),
    remove: async () => undefined,
  }
}
