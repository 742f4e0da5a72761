/** node-oidc-provider as it comes, in a process of the test: an OpenID Provider that is none of ours. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider, type ClientMetadata, type Configuration } from 'oidc-provider'

export interface ForeignProvider extends AsyncDisposable {
  readonly issuer: string
}

/** @param client beside its id, which is `rp`. Its own login pages are the development ones: any name, any password */
export async function startForeignProvider(
  client: Partial<ClientMetadata> = {},
  configuration: Configuration = {},
): Promise<ForeignProvider> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const metadata = { client_id: 'rp', client_secret: 's'.repeat(64), redirect_uris: ['https://rp.example.com/cb'] }
  const provider = new Provider(issuer, {
    clients: [{ ...metadata, ...client }],
    cookies: { keys: ['of the tests'] },
    pkce: { required: () => true },
    ...configuration,
  })
  const listener = provider.callback()
  server.on('request', (request, response) => void listener(request, response))
  return {
    issuer,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
