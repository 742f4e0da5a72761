/**
 * node-oidc-provider as it comes, with its introspection endpoint switched on and its default store (in memory).
 * Argument: the port.
 */
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const port = Number(process.argv[2])
const provider = new Provider(`http://localhost:${port}`, {
  clients: [
    {
      client_id: 'benchmark',
      client_secret: 'the-secret-of-the-client-with-more-than-32-bytes',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  cookies: { keys: ['the key of the cookies'] },
  features: { clientCredentials: { enabled: true }, introspection: { enabled: true } },
})
const listener = provider.callback()
createServer((request, response) => void listener(request, response)).listen(port, '127.0.0.1')
