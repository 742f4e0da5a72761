/** Scripts of pages: files of their own, so that no page needs inline script. */
import { createHash } from 'node:crypto'

/** A module, to be served under a name that changes with its content. */
export interface Script {
  readonly path: string
  readonly content: string
}

export function buildScript(name: string, content: string): Script {
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 16)
  return { path: `/ui/${name}.${digest}.js`, content }
}

/**
 * Sends a form once, however often its button is pressed: the second click would break off what the first one began, and
 * take its answer away. Whoever stopped the first one may send it again after ten seconds.
 */
export const onceScript = buildScript(
  'once',
  `const PATIENCE = 10_000
let sent = new WeakMap()
addEventListener('submit', (event) => {
  const form = event.target
  if (form.method === 'dialog') return
  if (performance.now() - sent.get(form) < PATIENCE) event.preventDefault()
  else sent.set(form, performance.now())
})
addEventListener('pageshow', () => { sent = new WeakMap() })
`,
)
