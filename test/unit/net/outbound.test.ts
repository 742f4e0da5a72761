import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type AddressInfo } from 'node:net'
import test from 'node:test'
import { isProtected } from '../../../src/net/outbound.ts'
import { openOutbound } from '../../support/outbound.ts'
import { startScriptedProvider } from '../../support/scripted-provider.ts'
import tlsServers from '../../vectors/tls-servers.json' with { type: 'json' }

async function listen<T extends Server>(server: T): Promise<T & { port: number } & AsyncDisposable> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return Object.assign(server, { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close })
}

test('an answer is read with its status, reason, challenge and the charset of its type', async () => {
  await using provider = await startScriptedProvider()
  await using outbound = openOutbound()
  const headers = {
    'content-type': 'text/plain; charset="utf-16le"',
    'www-authenticate': 'Bearer',
    'cache-control': 'no-store',
    'content-encoding': 'odd',
    'set-cookie': 'a=b',
  }
  provider.script('userinfo', () => ({ status: 404, statusText: 'Gone away', headers, body: 'a\0b\0' }))
  const answer = await outbound.get(provider.urls.userinfo, { bearer: 'at-1' })
  const { date, location, ...rest } = answer
  assert.ok(Number.isFinite(Date.parse(date ?? '')))
  assert.equal(location, undefined)
  assert.deepEqual(rest, {
    status: 404,
    reasonPhrase: 'Gone away',
    contentType: 'text/plain; charset="utf-16le"',
    wwwAuthenticate: 'Bearer',
    cacheControl: 'no-store',
    body: 'ab',
  })
  await outbound.get(provider.urls.userinfo)
  assert.equal(provider.requests[0]?.headers.authorization, 'Bearer at-1')
  assert.equal(provider.requests[1]?.headers.authorization, undefined)
  assert.equal(provider.requests[1]?.headers.cookie, undefined)
  assert.equal(provider.requests[1]?.headers['accept-encoding'], undefined)
})

test('a form is posted as it is, with the credentials', async () => {
  await using provider = await startScriptedProvider()
  await using outbound = openOutbound()
  provider.script('token', () => ({ body: {} }))
  await outbound.post(provider.urls.token, 'a=1&b=x+y', { authorization: 'Basic eA==' })
  const [{ method, headers, body } = assert.fail()] = provider.requests
  assert.deepEqual(
    [method, headers['content-type'], headers.authorization, body],
    ['POST', 'application/x-www-form-urlencoded', 'Basic eA==', 'a=1&b=x+y'],
  )
})

test('a redirect of a POST is an answer like others (A-32)', async () => {
  await using provider = await startScriptedProvider()
  await using outbound = openOutbound()
  provider.script('token', () => ({ status: 307, headers: { location: provider.urls.userinfo }, body: '' }))
  assert.equal((await outbound.post(provider.urls.token, 'code=c')).status, 307)
  assert.equal(provider.requests.length, 1)
})

test('a redirect of a GET keeps the bearer token at home (A-32)', async () => {
  await using provider = await startScriptedProvider()
  await using stranger = await startScriptedProvider()
  await using outbound = openOutbound()
  provider.script('userinfo', () => ({ status: 302, headers: { location: '/hop' }, body: '' }))
  provider.script('/hop', () => ({ status: 307, headers: { location: stranger.urls.userinfo }, body: '' }))
  stranger.script('userinfo', () => ({ body: { from: 'stranger' } }))
  assert.equal((await outbound.get(provider.urls.userinfo, { bearer: 'at-1' })).body, '{"from":"stranger"}')
  assert.deepEqual(
    [...provider.requests, ...stranger.requests].map(({ headers }) => headers.authorization),
    ['Bearer at-1', 'Bearer at-1', undefined],
  )
})

test('a redirect to an address that is not protected is not followed (A-32)', async () => {
  await using provider = await startScriptedProvider()
  await using outbound = openOutbound()
  for (const location of ['http://op.example.com/keys', 'ftp://127.0.0.1/keys', 'file:///etc/passwd']) {
    provider.script('jwks', () => ({ status: 302, headers: { location }, body: '' }))
    await assert.rejects(outbound.get(provider.urls.jwks), { message: /is not followed: not protected/ })
  }
})

test('redirects in a loop end (A-32)', async () => {
  await using provider = await startScriptedProvider()
  await using outbound = openOutbound()
  provider.script('jwks', () => ({ status: 302, headers: { location: '/jwks' }, body: '' }))
  await assert.rejects(outbound.get(provider.urls.jwks), { message: /more than 3 redirects/ })
  assert.equal(provider.count('jwks'), 4)
})

test('an answer of 1 MiB is read, one byte more is not (A-32)', async () => {
  await using provider = await startScriptedProvider()
  await using outbound = openOutbound()
  provider.script('jwks', () => ({ body: 'x'.repeat(1_048_576) }))
  assert.equal((await outbound.get(provider.urls.jwks)).body.length, 1_048_576)
  provider.script('jwks', () => ({ body: 'x'.repeat(1_048_577) }))
  await assert.rejects(outbound.get(provider.urls.jwks), { message: /is longer than 1048576 bytes/ })
})

test('a server that drips is cut off although it never pauses (A-32)', async () => {
  await using provider = await startScriptedProvider()
  await using outbound = openOutbound({ connectTimeout: 0.2, socketTimeout: 0.3 })
  provider.script('jwks', () => ({ body: ' '.repeat(1000), drip: 20 }))
  // The whole body would take 20 s, and no pause is longer than the time-out for one.
  await assert.rejects(outbound.get(provider.urls.jwks), { message: /has not answered in full within 500 ms$/ })
})

test('an informational head before the answer counts for nothing (RFC 9110 §15.2)', async () => {
  const answer = 'HTTP/1.1 201 Made\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok'
  await using server = await listen(createServer())
  server.on('connection', (socket) =>
    socket.once('data', () => socket.end(`HTTP/1.1 103 Early Hints\r\nLocation: /early\r\n\r\n${answer}`)),
  )
  await using outbound = openOutbound()
  const { status, reasonPhrase, location, body } = await outbound.get(`http://127.0.0.1:${server.port}/`)
  assert.deepEqual(
    { status, reasonPhrase, location, body },
    { status: 201, reasonPhrase: 'Made', location: undefined, body: 'ok' },
  )
})

test('an answer that breaks off is none', async () => {
  await using server = await listen(createServer())
  server.on('connection', (socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
  )
  await using outbound = openOutbound()
  await assert.rejects(outbound.get(`http://127.0.0.1:${server.port}/`), { code: 'UND_ERR_SOCKET' })
})

test('nobody listens: the call fails', async () => {
  await using outbound = openOutbound()
  await assert.rejects(outbound.get('http://127.0.0.1:1/'), { code: 'ECONNREFUSED' })
  await assert.rejects(outbound.get('relative'), { code: 'ERR_INVALID_URL' })
})

test('a connection is kept for the next call, and no longer than the pool keeps it', async () => {
  await using provider = await startScriptedProvider()
  await using outbound = openOutbound({ connectionPoolTtl: 1, maxEndpointConnections: 1 })
  await outbound.get(provider.urls.jwks)
  await outbound.get(provider.urls.jwks)
  await new Promise((resolve) => {
    setTimeout(resolve, 2200)
  })
  await outbound.get(provider.urls.jwks)
  const [first, second, third] = provider.requests.map(({ port }) => port)
  assert.equal(first, second)
  assert.notEqual(second, third)
})

test('calls to one endpoint share its connections', async () => {
  await using provider = await startScriptedProvider()
  await using outbound = openOutbound({ maxEndpointConnections: 2 })
  await Promise.all(Array.from({ length: 6 }, () => outbound.get(provider.urls.jwks)))
  assert.equal(provider.count('jwks'), 6)
  assert.ok(new Set(provider.requests.map(({ port }) => port)).size <= 2)
})

test('what waits too long for a connection fails', async () => {
  await using provider = await startScriptedProvider()
  await using outbound = openOutbound({ maxConnections: 1, connectionReadTimeout: 0.05 })
  provider.script('jwks', () => ({ body: ' '.repeat(20), drip: 20 }))
  const slow = outbound.get(provider.urls.jwks)
  await assert.rejects(outbound.get(provider.urls.userinfo), { message: /was free within 50 ms/ })
  assert.equal((await slow).status, 200)
})

test('http calls go through the proxy', async () => {
  await using provider = await startScriptedProvider()
  const seen: string[] = []
  await using proxy = await listen(
    createServer((request, response) => {
      seen.push(request.url ?? '')
      const onward = httpRequest(request.url ?? '', { method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response)
      })
      request.pipe(onward)
    }),
  )
  await using outbound = openOutbound({ proxy: { host: '127.0.0.1', port: proxy.port, scheme: 'http' } })
  assert.equal((await outbound.get(provider.urls.jwks)).status, 200)
  assert.equal((await outbound.post(provider.urls.token, 'a=1')).status, 404)
  assert.deepEqual(seen, [provider.urls.jwks, provider.urls.token])
})

test('https: own certificate authorities, the host in full mode, anybody in none', async () => {
  const { key, cert } = tlsServers['op.example.com']
  await using server = await listen(createTlsServer({ key, cert }, (_request, response) => response.end('ok')))
  const url = `https://127.0.0.1:${server.port}/`
  const call = async (settings: Parameters<typeof openOutbound>[0]) => {
    await using outbound = openOutbound(settings)
    return (await outbound.get(url)).body
  }
  await assert.rejects(call({}), { code: /SELF_SIGNED_CERT/ })
  await assert.rejects(call({ certificateAuthorities: [cert] }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  assert.equal(await call({ certificateAuthorities: [cert], verificationMode: 'certificate' }), 'ok')
  await assert.rejects(call({ verificationMode: 'certificate' }), { code: /SELF_SIGNED_CERT/ })
  assert.equal(await call({ verificationMode: 'none' }), 'ok')
})

test('https calls go through a tunnel of the proxy', async () => {
  const { key, cert } = tlsServers.localhost
  await using server = await listen(createTlsServer({ key, cert }, (_request, response) => response.end('ok')))
  const seen: string[] = []
  const proxyServer = createServer()
  proxyServer.on('connect', (request, socket) => {
    seen.push(request.url ?? '')
    const onward = connect(server.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    socket.on('error', () => onward.destroy())
    socket.on('close', () => onward.destroy())
  })
  await using proxy = await listen(proxyServer)
  await using outbound = openOutbound({
    proxy: { host: '127.0.0.1', port: proxy.port, scheme: 'http' },
    certificateAuthorities: [cert],
  })
  assert.equal((await outbound.get(`https://localhost:${server.port}/`)).body, 'ok')
  assert.deepEqual(seen, [`localhost:${server.port}`])
})

test('protected is https anywhere, and http on this machine only', () => {
  const protectedUrls = [
    'https://op/',
    'HTTPS://op',
    'http://localhost:1/x',
    'http://127.0.0.1/',
    'http://127.1.2.3',
    'http://[::1]:80',
  ]
  for (const url of protectedUrls) assert.ok(isProtected(url), url)
  const others = [
    'http://op/',
    'http://localhost.evil',
    'http://127.0.0.1.evil',
    'http://localhost@evil/',
    'ftp://localhost',
    'op',
    '',
  ]
  for (const url of others) assert.ok(!isProtected(url), url)
})
