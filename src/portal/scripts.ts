/**
 * The scripts of the pages. They add comfort and nothing that is needed, but for the implicit flow, whose response is
 * in the fragment, which only a script can read. Each one is a file of its own, so that no page needs inline script.
 */
import { createHash } from 'node:crypto'

export interface Script {
  readonly path: string
  readonly content: string
}

function named(name: string, content: string): Script {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16)
  return { path: `/ui/${name}.${hash}.js`, content }
}

/**
 * Adds the fragment to the link of the capture page and follows it. Tabs that are restored together go one after
 * another, so that they share one cookie; none waits longer than three seconds.
 */
export const captureScript = named(
  'capture',
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
export const loginScript = named(
  'login',
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
export const timesScript = named(
  'times',
  `for (const time of document.querySelectorAll('time')) {
  const text = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  time.title = time.textContent
  time.textContent = text
}
`,
)

/** Files under `/ui/`. */
export const scripts: readonly Script[] = [captureScript, loginScript, timesScript]

/**
 * Hands the response in the fragment to the callback. `replace` keeps it out of the history.
 * @returns the script at a fixed address, as it holds the base path
 */
export function buildImplicitScript(basePath: string): string {
  const callback = JSON.stringify(`${basePath}/api/security/oidc/callback?authenticationResponseURI=`)
  return `location.replace(${callback} + encodeURIComponent(location.href))\n`
}
