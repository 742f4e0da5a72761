import { createHash } from 'node:crypto'

const content = 'document.forms[0].submit()\n'

/** A module that sends the page's form; the page has a button for those without script. */
export const submitScript: { readonly path: string; readonly content: string } = {
  path: `/ui/submit.${createHash('sha256').update(content).digest('hex').slice(0, 16)}.js`,
  content,
}
