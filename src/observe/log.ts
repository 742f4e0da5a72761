/**
 * The log: JSON lines with the field names of the Elastic Common Schema. It never takes a token, code, nonce, password
 * or hint; the caller names such a thing and leaves its value out.
 */
import { pino, type Logger } from 'pino'
import { printLine } from './output.ts'

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & { child(fields: LogFields): Log }

export type LogFields = { readonly [field: string]: unknown }

/** @param level `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent` */
export function createLog(level: string, destination: { write(line: string): void } = { write: printLine }): Log {
  return pino(
    {
      level,
      messageKey: 'message',
      timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
      base: { 'service.name': 'ostiary', 'process.pid': process.pid },
      formatters: { level: (label) => ({ 'log.level': label }) },
      serializers: { err: (error: unknown) => describeError(error) },
    },
    destination,
  )
}

/** OpenSSL's own messages are for its makers: addresses, source files and a line end, with the reason in the middle. */
function readMessage(error: Error): string {
  if ('library' in error && 'reason' in error) return `${String(error.library)}: ${String(error.reason)}`
  return error.message === '' ? error.name : error.message
}

/** An error and its causes in one line, without stacks. */
export function describeError(error: unknown): string {
  const texts: string[] = []
  for (let cause = error; cause !== undefined && texts.length < 5;) {
    if (!(cause instanceof Error)) return [...texts, JSON.stringify(cause)].join('; caused by: ')
    texts.push(readMessage(cause))
    cause = cause.cause
  }
  return texts.join('; caused by: ')
}
