/** The login page, its form, and the same for programs. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isJsonObject } from '../kernel/json.ts'
import type { PortalProviderSettings } from '../settings/settings.ts'
import { sendPage, setCookie } from './answer.ts'
import { checkKeys, readText } from './body.ts'
import { overwrittenAddress } from './handshakes.ts'
import { type LoginView, renderAwayPage, renderLoginPage } from './login-page.ts'
import { type Message, buildMessage, readMessageCode } from './messages.ts'
import { readTarget, withParameter } from './next.ts'
import type { PortalParts } from './parts.ts'
import { PortalError, badRequest, errorKind } from './portal-error.ts'
import { findProvider, isOfferedOn, isShownInSelector, usesForm } from './providers.ts'
import { usernameOf } from './profile.ts'
import type { Credential } from './session-content.ts'
import { visitRules } from './visit.ts'
import { readVisitorOrigin } from './visitor-origin.ts'

export function addLoginRoutes(app: FastifyInstance, parts: PortalParts): void {
  const { settings, api, visitors, handshakes, signIns, receipts, audit } = parts
  const { basePath } = settings

  app.get('/login', visitRules({ access: 'optional' }), async (request, reply) => {
    const { visit } = request
    const hash = visit.query.get('auth_url_hash')
    const target = readTarget(visit.query.get('next'), hash, basePath)
    if (visit.visitor.kind === 'user') return reply.redirect(target)
    const hinted = findProvider(settings, visit.query.get('auth_provider_hint'))
    if (hinted?.type === 'oidc' && visit.mayStart) {
      const capture = `${basePath}/internal/security/capture-url`
      if (hash === null) return reply.redirect(withParameter(capture, 'next', basePath + visit.address))
      const { session, unidentified } = visit.visitor
      // A new cookie would take the place of the session's.
      if (unidentified)
        throw new PortalError('unavailable', 'it cannot be told whether the visitor has a session', { target })
      const moved = await handshakes.start({ session, provider: hinted, target, referenceId: request.id })
      if (moved.secret !== undefined) setCookie(reply, moved.secret, settings)
      return reply.redirect(moved.location)
    }
    if (await isAway(request.id)) return sendPage(sendAway(reply), renderAwayPage(settings, target, visit.texts))
    const code = readMessageCode(visit.query.get('msg'))
    const message = buildMessage(code, visit.texts)
    const told = code === 'LOGGED_OUT' ? await tellOfProvider(request) : undefined
    return sendPage(reply, renderLoginPage({ ...layOut(request, hinted), target, message, told }))
  })

  app.post('/login', visitRules({ access: 'none', form: true }), async (request, reply) => {
    const form = request.body
    if (!(form instanceof URLSearchParams)) throw badRequest('[request body]: expected a form')
    const username = form.get('username') ?? ''
    const password = form.get('password') ?? ''
    const hash = form.get('auth_url_hash') ?? ''
    const target = readTarget(form.get('next'), hash, basePath)
    const provider = findProvider(settings, form.get('providerName'))
    const { login } = request.visit.texts
    const showAgain = (status: number, text: string) => {
      const message: Message = { kind: 'error', text }
      const again = provider !== undefined && usesForm(provider) ? provider : undefined
      const view = { ...layOut(request, again, { username, hash }), target, message }
      return sendPage(reply.code(status), renderLoginPage(view))
    }

    if (provider === undefined || !usesForm(provider)) return showAgain(401, login.notNow)
    if (username === '' || password === '') return showAgain(400, login.wrongCredentials)
    try {
      const moved = await signInByForm(request, provider, { username, password }, target)
      if (moved === undefined) return showAgain(401, login.wrongCredentials)
      setCookie(reply, moved.secret, settings)
      return await reply.redirect(moved.location, 303)
    } catch (error) {
      if (!(error instanceof PortalError) || error.code !== 'unavailable') throw error
      sendAway(reply)
      return showAgain(error.status, login.notNow)
    }
  })

  app.post('/internal/security/login', visitRules({ access: 'none' }), async (request, reply) => {
    const { providerType, providerName, target, params } = readLogin(request.body, basePath)
    const provider = findProvider(settings, providerName)
    if (provider === undefined) throw new PortalError('rejected', 'a provider was asked for that is not configured')
    if (provider.type !== providerType)
      throw badRequest(`[request body.providerType]: the provider is of another type than [${providerType}]`)
    if (!usesForm(provider)) {
      if (params !== undefined) throw badRequest("[request body.params]: a value wasn't expected to be present")
      const opened = await visitors.openSession(request)
      const session = opened.cookie === 'live' ? opened.session : undefined
      const moved = await handshakes.start({ session, provider, target, deliberate: true, referenceId: request.id })
      if (moved.secret !== undefined) setCookie(reply, moved.secret, settings)
      return { location: moved.location }
    }
    if (params === undefined)
      throw badRequest('[request body.params]: expected a plain object value, but found [undefined] instead.')
    const moved = await signInByForm(request, provider, params, target)
    if (moved === undefined) throw new PortalError('rejected', 'wrong user name or password')
    setCookie(reply, moved.secret, settings)
    return { location: moved.location }
  })

  app.get('/internal/security/login_state', visitRules({ access: 'none' }), async (request, reply) =>
    reply.send({
      allowLogin: true,
      layout: (await isAway(request.id)) ? 'error-es-unavailable' : 'form',
      requiresSecureConnection: settings.secureCookies,
      ...(settings.loginHelp !== undefined && { loginHelp: settings.loginHelp }),
      selector: {
        enabled: settings.selector,
        providers: settings.providers.map((provider) => ({
          type: provider.type,
          name: provider.name,
          usesLoginForm: usesForm(provider),
          showInSelector: isShownInSelector(provider, settings),
          description: provider.description,
          hint: provider.hint,
          icon: provider.icon,
          origin: provider.origins,
        })),
      },
    }),
  )

  /** What the page shows: the form of the hinted provider, or all ways to choose from. */
  function layOut(
    request: FastifyRequest,
    hinted: PortalProviderSettings | undefined,
    typed: { username?: string; hash?: string } = {},
  ): Pick<LoginView, 'settings' | 'texts' | 'host' | 'cards' | 'form' | 'moreOptions'> {
    const host = request.headers.host ?? ''
    const { texts } = request.visit
    const offered = settings.providers.filter((provider) => isOfferedOn(provider, host))
    const visible = offered.filter((provider) => isShownInSelector(provider, settings))
    const firstForm = offered.find((provider) => usesForm(provider))
    const noChoice = !settings.selector || visible.every((provider) => usesForm(provider))
    const provider = hinted !== undefined && usesForm(hinted) ? hinted : noChoice ? firstForm : undefined
    if (provider !== undefined) {
      const moreOptions = settings.selector && visible.length > 1
      return { settings, texts, host, cards: [], form: { provider, ...typed }, moreOptions }
    }
    return { settings, texts, host, cards: settings.selector ? visible : offered.slice(0, 1) }
  }

  /** After a sign-out: whether it reached the identity provider, where there is one. */
  async function tellOfProvider({ visit: { query, texts } }: FastifyRequest): Promise<string | undefined> {
    const receipt = await receipts.take(query.get('state'))
    if (receipt !== undefined) return texts.loggedOut.brieflyEnded(receipt.provider)
    return settings.providers.some((one) => !usesForm(one)) ? texts.loggedOut.brieflyUnknown : undefined
  }

  async function isAway(referenceId: string): Promise<boolean> {
    try {
      await api.checkReachable(referenceId)
      return false
    } catch (error) {
      if (error instanceof PortalError && error.code === 'unavailable') return true
      throw error
    }
  }

  function sendAway(reply: FastifyReply): FastifyReply {
    const { status, retryAfter } = errorKind('unavailable')
    return reply.code(status).header('retry-after', String(retryAfter))
  }

  /** @returns `undefined` if the API does not accept user name and password */
  async function signInByForm(
    request: FastifyRequest,
    provider: PortalProviderSettings,
    { username, password }: { username: string; password: string },
    target: string,
  ): Promise<{ location: string; secret: string } | undefined> {
    // First: of a password that is right, tokens may be made, which a session must be there to hold.
    const opened = await visitors.openSession(request)
    const known = await checkPassword(provider, username, password, request.id)
    if (known === undefined) {
      audit.signInFailed(provider, request.id, username)
      return undefined
    }
    const { type, name } = provider
    const { secret, overwritten } = await signIns.establish({
      old: opened.cookie === 'live' ? opened.session : undefined,
      signIn: { provider: { type, name }, ...known, from: readVisitorOrigin(request) },
      referenceId: request.id,
    })
    return { location: overwritten ? overwrittenAddress(basePath, target) : target, secret }
  }

  async function checkPassword(
    { type }: PortalProviderSettings,
    username: string,
    password: string,
    referenceId: string,
  ): Promise<{ username: string; credential: Credential } | undefined> {
    if (type === 'token') {
      const issued = await api.grantPassword(username, password, referenceId)
      return issued && { username: issued.username, credential: issued.tokens }
    }
    const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    const profile = await api.whoAmI({ authorization: basic }, referenceId)
    return profile && { username: usernameOf(profile), credential: { basic } }
  }
}

interface LoginAsk {
  readonly providerType: string
  readonly providerName: string
  readonly target: string
  readonly params: { readonly username: string; readonly password: string } | undefined
}

/** The body of `POST /internal/security/login`. */
function readLogin(body: unknown, basePath: string): LoginAsk {
  if (!isJsonObject(body)) throw badRequest('[request body]: expected a plain object value')
  checkKeys(body, ['providerType', 'providerName', 'currentURL', 'params'], 'request body')
  const { params } = body
  return {
    providerType: readText(body, 'providerType', 'request body'),
    providerName: readText(body, 'providerName', 'request body'),
    target: readCurrentUrl(readText(body, 'currentURL', 'request body'), basePath),
    params: params === undefined ? undefined : readParams(params),
  }
}

function readParams(params: unknown): { username: string; password: string } {
  if (!isJsonObject(params)) throw badRequest('[request body.params]: expected a plain object value')
  const at = 'request body.params'
  checkKeys(params, ['username', 'password'], at)
  const [username, password] = [readText(params, 'username', at), readText(params, 'password', at)]
  for (const [name, value] of Object.entries({ username, password }))
    if (value === '')
      throw badRequest(`[${at}.${name}]: value has length [0] but it must have a minimum length of [1].`)
  return { username, password }
}

/** The target of the page that a script signs in from: its `next`, with its own fragment if that has none. */
function readCurrentUrl(text: string, basePath: string): string {
  const url = URL.canParse(text, 'http://portal.invalid') ? new URL(text, 'http://portal.invalid') : undefined
  return readTarget(url?.searchParams.get('next'), url?.hash, basePath)
}
