/** Free addresses for a program under test, and its settings rewritten to them. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** The ports of `config/ostiary.yml`: security API, portal, provider, and the example application. */
const PORTS = { api: 9200, portal: 5601, provider: 4455, example: 3000 } as const

/** Origins such as `http://localhost:20123`; `example` is where the example application is registered. */
export type Addresses = Readonly<Record<keyof typeof PORTS, string>>

export async function findAddresses(): Promise<Addresses> {
  const [api, portal, provider, example] = (await findFreePorts(4)).map((port) => `http://localhost:${port}`)
  if (!(api && portal && provider && example)) throw new Error('too few ports')
  return { api, portal, provider, example }
}

/** Ports below those that the system hands out by itself, so that nobody is given one before we listen on it. */
export async function findFreePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = randomInt(20_000, 32_000)
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

/** Replaces every port of the demo, so that all URLs of the settings still fit together. */
export function withAddresses(yaml: string, addresses: Addresses): string {
  let text = yaml
  for (const part of ['api', 'portal', 'provider', 'example'] as const) {
    text = text.replaceAll(new RegExp(`\\b${PORTS[part]}\\b`, 'g'), new URL(addresses[part]).port)
  }
  return text
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  await once(server.close(), 'close')
  return true
}
