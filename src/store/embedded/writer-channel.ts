/** How a worker process writes: what it gathers goes to the one process that holds the data folder, and comes back. */
import { EventEmitter } from 'node:events'
import type { BatchReply, ToWriter, WriteBatch } from './messages.ts'
import type { WriterPort, WriterThread } from './writer-thread.ts'

/** A line between two processes, with the serialization `advanced`. Messages of others travel on it as well. */
export interface WriterChannel {
  /** The number of the process at the other end. */
  readonly pid: number
  /** What cannot be sent is lost: the other end is gone. */
  send(message: object): void
  onMessage(listener: (message: object) => void): void
}

/** The holder's end: writes what the worker sends. */
export function serveWriter(channel: WriterChannel, writer: Pick<WriterThread, 'pass'>): void {
  channel.onMessage((message) => {
    if (!isWrite(message)) return
    void writer.pass(message.write).then((written) => channel.send({ written }))
  })
}

/** The worker's end, to be used as if it were a thread of its own. */
export function createRemoteWriter(channel: WriterChannel): WriterPort {
  const events = new EventEmitter()
  channel.onMessage((message) => {
    if (isWritten(message)) events.emit('message', [message.written])
  })
  const exit = () => void events.emit('exit')
  return {
    postMessage: (message: ToWriter) => (message === 'close' ? exit() : channel.send({ write: message })),
    on: (event: string, listener: (value: never) => void) => events.on(event, listener as () => void),
    once: (event: string, listener: () => void) => events.once(event, listener),
    terminate: exit,
    unref: () => undefined,
  }
}

const isWrite = (message: object): message is { write: WriteBatch } => 'write' in message
const isWritten = (message: object): message is { written: BatchReply } => 'written' in message
