/** A worker of the process that started it, which holds the data folder: does what it is told to by messages. */
import { systemClock } from '../../src/kernel/clock.ts'
import { joinEmbeddedStore } from '../../src/store/embedded.ts'
import { createChecker, type Checked, type Checker } from './checker.ts'

interface Task {
  readonly task: number
  readonly act: keyof Checker
  readonly token: string
}

const send = (message: object) => void process.send?.(message)
const channel = {
  pid: process.ppid,
  send,
  onMessage: (listener: (message: object) => void) => void process.on('message', listener),
}
const store = await joinEmbeddedStore({ directory: process.argv[2] ?? '', clock: systemClock, channel })
const checker = createChecker(store, process.argv[3] as Checked)
process.on('message', (message: object) => {
  if ('task' in message) void perform(message as Task)
})
process.on('disconnect', () => process.exit())
send({ ready: true })

async function perform({ task, act, token }: Task): Promise<void> {
  send({ done: task, result: await checker[act](token) })
}
