import { buildPageFile } from './page-file.ts'

/**
 * Sends a form once, however often its button is pressed: the second click would break off what the first one began, and
 * take its answer away. Whoever stopped the first one may send it again after ten seconds.
 */
export const onceScript = buildPageFile(
  'once',
  'js',
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
