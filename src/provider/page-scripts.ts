import { createHash } from 'node:crypto'

/** A module, to be served under a name that changes with its content. */
export interface PageScript {
  readonly path: string
  readonly content: string
}

/** Sends the page's form; the page has a button for those without script. */
export const submitScript = buildScript('submit', 'document.forms[0].submit()\n')

/** Goes on when the page and its frames were loaded, or after three seconds. */
export const framesScript = buildScript(
  'frames',
  `const loaded = new Promise((resolve) => {
  if (document.readyState === 'complete') resolve()
  else addEventListener('load', resolve, { once: true })
})
const limit = new Promise((resolve) => setTimeout(resolve, 3000))
await Promise.race([loaded, limit])
location.replace(document.getElementById('next').href)
`,
)

function buildScript(name: string, content: string): PageScript {
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 16)
  return { path: `/ui/${name}.${digest}.js`, content }
}
