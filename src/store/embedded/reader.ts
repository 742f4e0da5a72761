import { SecurityError } from '../../kernel/errors.ts'
import type { Row, Statement } from '../engine.ts'
import { openConnection, type Connection } from './connection.ts'
import { isEngineFailure } from './failure.ts'

export interface Reader {
  /** @throws SecurityError `store_unavailable` */
  run(...statement: Statement): Row[]
  close(): void
}

/** The connection that reads, in the thread that asks: one indexed look-up takes less time than a message. */
export function createReader(file: string): Reader {
  let connection: Connection | undefined = openConnection(file, 'read')
  let closed = false
  const close = () => {
    connection?.close()
    connection = undefined
  }
  return {
    run(...statement) {
      if (closed) throw new SecurityError('store_unavailable', 'the store is closed')
      try {
        connection ??= openConnection(file, 'read')
        return connection.run(...statement)
      } catch (error) {
        if (!isEngineFailure(error)) throw error
        close()
        throw new SecurityError('store_unavailable', 'the store cannot be read', error)
      }
    },
    close() {
      closed = true
      close()
    },
  }
}
