/** The servers of the benchmark, each a process of its own. */
import { waitUntilAnswers, endProcess, startProcess } from '../test/support/program.ts'
import { findFreePorts } from '../test/support/addresses.ts'
import type { BareAnswer } from './servers/bare.ts'
import { SERVERS, onCores } from './cores.ts'

export interface ServerProcess {
  readonly port: number
  readonly pid: number
  close(): Promise<void>
}

const TIMEOUT_MS = 10_000
/** Headers that node:http sets by itself, also in a bare server. */
const OWN_HEADERS = new Set(['connection', 'date', 'keep-alive'])

/** Starts a script of `bench/servers/` whose first argument is its port, and waits until it answers. */
export async function startServerProcess(
  script: string,
  args: readonly string[] = [],
  cores = SERVERS,
): Promise<ServerProcess> {
  const [port = 0] = await findFreePorts(1)
  const outputs: string[] = []
  const child = await onCores(cores, () =>
    startProcess([`bench/servers/${script}.ts`, String(port), ...args], {}, (text) => outputs.push(text)),
  )
  await waitUntilAnswers(`http://127.0.0.1:${port}`, child).catch((cause: unknown) => {
    throw new Error(`${script} did not start: ${outputs.join('')}`, { cause })
  })
  return {
    port,
    pid: child.pid ?? 0,
    async close() {
      await endProcess(child, 'SIGKILL')
    },
  }
}

/** A bare node:http server that answers everything with what is answered to this request. */
export async function startBareServer(
  url: string,
  { headers: asked, ...request }: { method?: string; headers: Readonly<Record<string, string>>; body?: string },
): Promise<ServerProcess> {
  // As the load generator, and otherwise than fetch by itself, it does not ask for compression.
  const init = { ...request, headers: { ...asked, 'accept-encoding': 'identity' } }
  const answer = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (answer.status !== 200) throw new Error(`${url} was answered ${answer.status}`)
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => !OWN_HEADERS.has(name)))
  const bare: BareAnswer = { status: answer.status, headers, body: await answer.text() }
  return startServerProcess('bare', [JSON.stringify(bare)])
}

export function portOf(origin: string): number {
  return Number(new URL(origin).port)
}
