/**
 * The ceiling: node:http alone, answering every request with the bytes of one answer of the measured server, headers
 * included. A body is read before it answers. Arguments: the port, and the answer as JSON.
 */
import { createServer } from 'node:http'

export interface BareAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const [port, text = ''] = process.argv.slice(2)
const { status, headers, body } = JSON.parse(text) as BareAnswer

createServer((request, response) => {
  request.resume().once('end', () => {
    response.writeHead(status, headers)
    response.end(body)
  })
}).listen(Number(port), '127.0.0.1')
