/**
 * The scripts of the pages. They add comfort and nothing that is needed, but for the implicit flow, whose response is
 * in the fragment, which only a script can read.
 */
import { type PageFile, buildPageFile } from '../pages/page-file.ts'
import { onceScript } from '../pages/once-script.ts'

/**
 * Adds the fragment to the link of the capture page and follows it. Tabs that are restored together go one after
 * another, so that they share one cookie; none waits longer than three seconds.
 */
export const captureScript = buildPageFile(
  'capture',
  'js',
  `const link = document.getElementById('next')
const go = () => {
  location.replace(link.href + (link.dataset.hash ? '' : encodeURIComponent(location.hash)))
}
const patience = new Promise((resolve) => setTimeout(resolve, 3000))
const turn = new Promise((resolve) => {
  if (!navigator.locks) return resolve()
  navigator.locks.request(link.dataset.lock, () => {
    resolve()
    return new Promise(() => {})
  })
})
Promise.race([turn, patience]).then(go)
`,
)

/** Keeps the fragment on the way through the login page, shows which card was chosen, and the password on request. */
export const loginScript = buildPageFile(
  'login',
  'js',
  `const hash = location.hash
for (const link of document.querySelectorAll('a.choice')) {
  if (hash !== '' && link.dataset.start === 'true') link.href += '&auth_url_hash=' + encodeURIComponent(hash)
  else if (hash !== '') link.href += hash
  link.addEventListener('click', () => link.setAttribute('aria-busy', 'true'))
}
addEventListener('pageshow', () => {
  for (const link of document.querySelectorAll('a.choice')) link.removeAttribute('aria-busy')
})
for (const field of document.querySelectorAll('input[name=auth_url_hash]')) if (hash !== '') field.value = hash
for (const link of document.querySelectorAll('a.choice[data-origins]')) {
  if (!link.dataset.origins.split(' ').includes(location.origin)) link.parentElement.remove()
}
const none = document.getElementById('no-providers')
if (none) none.hidden = document.querySelector('a.choice') !== null
const page = document.getElementById('login-page').dataset
const blocked =
  page.secure === 'true' && !isSecureContext ? 'insecure'
  : navigator.cookieEnabled ? undefined
  : 'no-cookies'
if (blocked) {
  for (const part of document.querySelectorAll('[data-way-in]')) part.hidden = true
  document.getElementById(blocked).hidden = false
  if (window.top !== window) document.getElementById('open-window').hidden = false
}
if ('BroadcastChannel' in window) {
  const channel = new BroadcastChannel(page.channel)
  channel.postMessage({ type: 'signed-out' })
  // Not while a form is on its way, whose answer would be lost; and not by a reload, which would send a form once more
  // that was refused on this page.
  let sending = false
  addEventListener('submit', () => { sending = true })
  addEventListener('pageshow', () => { sending = false })
  const kept = document.querySelector('input[name=auth_url_hash]')?.value ?? hash
  channel.addEventListener('message', ({ data }) => {
    if (data.type === 'signed-in' && !sending) location.replace(page.again + '&auth_url_hash=' + encodeURIComponent(kept))
  })
}
const reveal = document.getElementById('reveal')
if (reveal) {
  const password = document.getElementById('password')
  reveal.hidden = false
  reveal.addEventListener('click', () => {
    const shown = password.type === 'password'
    password.type = shown ? 'text' : 'password'
    reveal.setAttribute('aria-pressed', String(shown))
  })
}
`,
)

/** Shows times in the visitor's own zone and language. */
export const timesScript = buildPageFile(
  'times',
  'js',
  `for (const time of document.querySelectorAll('time')) {
  const text = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  time.title = time.textContent
  time.textContent = text
}
`,
)

/** Tells the other tabs of this browser what this page knows. */
export const broadcastScript = buildPageFile(
  'broadcast',
  'js',
  `const { announce, channel } = document.querySelector('[data-announce]').dataset
if ('BroadcastChannel' in window) new BroadcastChannel(channel).postMessage({ type: announce })
`,
)

/**
 * Watches over the session on a signed-in page: warns five minutes before its end, extends it while somebody is active
 * and on a click, leaves at its end, and follows when another tab signs out. All tabs share one deadline.
 */
export const watchScript = buildPageFile(
  'session',
  'js',
  `const WARN = 300_000, LEAVE = 5_000, RECHECK = 1_000, SELDOM = 60_000
const AGAIN = 5_000, PATIENCE = 20_000, WAY_OUT = 300_000, LONGEST = 2_147_483_647
const SIGNING_OUT = [500, 2_000, 10_000]
const dialog = document.getElementById('session-watch')
const note = document.getElementById('session-note')
const { base, provider, session: mine } = dialog.dataset
const address = base + '/internal/security/session'
const channel = 'BroadcastChannel' in window ? new BroadcastChannel(base + '/session_timeout') : undefined
const span = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: 'always' })
const REASONS = { idle: 'SESSION_IDLE_TIMEOUT', lifespan: 'SESSION_LIFESPAN_TIMEOUT' }
let session
let timer
let checked = false
let asking = false
let leaving = false
let failures = 0
let extendedAt = Date.now()

const isOver = () => session.end - Date.now() <= LEAVE

// A way out that has begun is not cut short by a second one: it may lead on to the identity provider.
function depart(go) {
  if (leaving) return
  leaving = true
  clearTimeout(timer)
  setTimeout(stay, WAY_OUT)
  go?.()
}

function stay() {
  leaving = false
  ask('GET')
}

function leave(told) {
  const known = session && isOver() ? REASONS[session.expirationReason] : undefined
  // Another tab that left first has ended it, or took the cookie along: the reason is what is known here.
  const reason = told && told !== 'UNEXPECTED_SESSION_ERROR' ? told : (known ?? 'SESSION_EXPIRED')
  const next = location.pathname + location.search + location.hash
  const query = new URLSearchParams({ msg: reason, next, provider })
  depart(() => location.assign(base + '/logout?' + query))
}

async function ask(method) {
  if (asking || leaving) return
  asking = true
  // What is answered counts from here: the tab may sleep before it reads it.
  const askedAt = Date.now()
  // A connection that broke silently keeps a question for minutes.
  const patience = new AbortController()
  const limit = setTimeout(() => patience.abort(), PATIENCE)
  try {
    const system = method === 'GET' ? { 'kbn-system-request': 'true' } : {}
    const headers = { 'kbn-xsrf': 'true', ...system }
    const answer = await fetch(address, { method, headers, signal: patience.signal })
    const reason = answer.headers.get('kbn-session-error-reason')
    if (answer.status === 401) return leave(reason)
    if (answer.status === 400 && reason === 'SESSION_EXPIRED') return depart(() => location.reload())
    if (answer.status !== 200) throw new Error(String(answer.status))
    const { expiresInMs, canBeExtended, expirationReason } = await answer.json()
    failures = 0
    learn({ end: expiresInMs === null ? Infinity : askedAt + expiresInMs, canBeExtended, expirationReason })
    if (session.end - askedAt <= LEAVE) leave()
    channel?.postMessage({ type: 'session', session })
  } catch {
    failures++
    if (!session) askAgain()
    else if (session.end - askedAt <= LEAVE) leave()
  } finally {
    clearTimeout(limit)
    asking = false
  }
  if (session && isOver()) ask('GET')
}

// Until there is a first answer, nothing is known that could be watched over.
function askAgain() {
  clearTimeout(timer)
  timer = setTimeout(ask, AGAIN * 2 ** Math.min(failures, 6), 'GET')
}

function extend() {
  extendedAt = Date.now()
  return ask('POST')
}

function learn(news) {
  session = news
  if (session.end - Date.now() > WARN) {
    checked = false
    note.hidden = true
    if (dialog.open) dialog.close('learned')
  }
  watch()
}

function watch() {
  clearTimeout(timer)
  if (leaving) return
  const left = session.end - Date.now()
  if (left === Infinity) return
  // What is known here may be old, after the tab has slept or the clock was set, and the session in use in another tab.
  if (isOver()) return ask('GET')
  if (left <= WARN) {
    warn(left)
    timer = setTimeout(watch, 1000)
    return
  }
  // Another tab, or another device with this session, may have extended it.
  if (left <= WARN + RECHECK && !checked) {
    checked = true
    ask('GET')
  }
  timer = setTimeout(watch, Math.min(left > WARN + RECHECK ? left - WARN - RECHECK : left - WARN, LONGEST))
}

function warn(left) {
  const text = left >= 60_000 ? span.format(Math.round(left / 60_000), 'minute') : span.format(Math.floor(left / 1000), 'second')
  for (const place of document.querySelectorAll('[data-left]')) if (place.textContent !== text) place.textContent = text
  if (!session.canBeExtended) note.hidden = false
  else if (!dialog.open && !asking) {
    dialog.returnValue = ''
    dialog.showModal()
  }
}

dialog.addEventListener('close', () => {
  if (dialog.returnValue !== 'learned') extend()
})

function beActive() {
  if (document.hidden || dialog.open || !session?.canBeExtended) return
  if (Date.now() - extendedAt >= SELDOM * 2 ** Math.min(failures, 6)) extend()
}
for (const type of ['mousemove', 'mousedown', 'wheel', 'touchstart', 'keydown']) addEventListener(type, beActive, { passive: true })
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return
  if (session) watch()
  beActive()
})
// A page that the Back button brings from memory may be of a session that is over.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) stay()
})
channel?.addEventListener('message', ({ data }) => {
  if (data.type === 'session') learn(data.session)
  if (data.type === 'signed-out') ask('GET')
  // What is shown here is of a session that gave way to another one.
  if (data.type === 'signed-in' && data.session && data.session !== mine) depart(() => location.reload())
  if (data.type === 'signing-out') for (const wait of SIGNING_OUT) setTimeout(ask, wait, 'GET')
})
// The way out may end at the identity provider, where no page of ours tells the other tabs.
document.addEventListener('click', ({ target, ctrlKey, metaKey, shiftKey }) => {
  if (target.closest('a')?.pathname !== base + '/logout') return
  channel?.postMessage({ type: 'signing-out' })
  if (!ctrlKey && !metaKey && !shiftKey) depart()
})
channel?.postMessage({ type: 'signed-in', session: mine })
ask('GET')
`,
)

/** Files under `/ui/`. */
export const scripts: readonly PageFile[] = [
  onceScript,
  captureScript,
  loginScript,
  timesScript,
  broadcastScript,
  watchScript,
]

/**
 * Hands the response in the fragment to the callback. `replace` keeps it out of the history.
 * @returns the script at a fixed address, as it holds the base path
 */
export function buildImplicitScript(basePath: string): string {
  const callback = JSON.stringify(`${basePath}/api/security/oidc/callback?authenticationResponseURI=`)
  return `location.replace(${callback} + encodeURIComponent(location.href))\n`
}
