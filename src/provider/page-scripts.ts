import { buildPageFile } from '../pages/page-file.ts'

/** Sends the page's form, as its button does; that is for those without script. */
export const submitScript = buildPageFile('submit', 'js', 'document.forms[0].requestSubmit()\n')

/** Goes on when the page and its frames were loaded, or after three seconds. */
export const framesScript = buildPageFile(
  'frames',
  'js',
  `const loaded = new Promise((resolve) => {
  if (document.readyState === 'complete') resolve()
  else addEventListener('load', resolve, { once: true })
})
const limit = new Promise((resolve) => setTimeout(resolve, 3000))
await Promise.race([loaded, limit])
location.replace(document.getElementById('next').href)
`,
)
