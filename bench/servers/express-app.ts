/**
 * A web application on Express, express-session and openid-client, put together as their documentation shows it. Arguments:
 * the port, the issuer, and the URL of a PostgreSQL database for the sessions. Without the last they are in the default
 * store (in memory, lost at the end).
 */
import connectPgSimple from 'connect-pg-simple'
import express from 'express'
import session from 'express-session'
import * as client from 'openid-client'
import { Pool } from 'pg'

declare module 'express-session' {
  interface SessionData {
    login: { codeVerifier: string; state: string; nonce: string }
    user: client.UserInfoResponse
    idToken: string
  }
}

const [port, issuer = '', database] = process.argv.slice(2)
const origin = `http://localhost:${port}`
const config = await client.discovery(new URL(issuer), 'benchmark', 'the-secret-of-the-client', undefined, {
  execute: [client.allowInsecureRequests],
})

const PgSession = connectPgSimple(session)
const app = express()
app.use(
  session({
    ...(database !== undefined && {
      store: new PgSession({ pool: new Pool({ connectionString: database }), createTableIfMissing: true }),
    }),
    secret: 'the-secret-of-the-sessions',
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax' },
  }),
)

app.get('/login', async (request, response) => {
  const login = {
    codeVerifier: client.randomPKCECodeVerifier(),
    state: client.randomState(),
    nonce: client.randomNonce(),
  }
  request.session.login = login
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: `${origin}/callback`,
    scope: 'openid profile email groups',
    code_challenge: await client.calculatePKCECodeChallenge(login.codeVerifier),
    code_challenge_method: 'S256',
    state: login.state,
    nonce: login.nonce,
  })
  response.redirect(url.href)
})

app.get('/callback', async (request, response) => {
  const { login } = request.session
  if (login === undefined) throw new Error('a callback without a login')
  const tokens = await client.authorizationCodeGrant(config, new URL(request.originalUrl, origin), {
    pkceCodeVerifier: login.codeVerifier,
    expectedState: login.state,
    expectedNonce: login.nonce,
    idTokenExpected: true,
  })
  const subject = tokens.claims()?.sub ?? ''
  const user = await client.fetchUserInfo(config, tokens.access_token, subject)
  // Another id than before the login, against session fixation, as the documentation of express-session advises.
  request.session.regenerate((error: unknown) => {
    if (error !== undefined && error !== null) throw error
    request.session.user = user
    request.session.idToken = tokens.id_token ?? ''
    response.redirect('/')
  })
})

app.get('/me', (request, response) => {
  const { user } = request.session
  if (user === undefined) response.status(401).json({ error: 'not signed in' })
  else response.json({ username: user.sub, full_name: user.name, email: user.email, groups: user['groups'] })
})

app.get('/logout', (request, response) => {
  const { idToken = '' } = request.session
  request.session.destroy((error: unknown) => {
    if (error !== undefined && error !== null) throw error
    const url = client.buildEndSessionUrl(config, {
      id_token_hint: idToken,
      post_logout_redirect_uri: `${origin}/`,
    })
    response.redirect(url.href)
  })
})

app.get('/', (_request, response) => {
  response.send('Hello')
})

app.listen(Number(port), '127.0.0.1')
