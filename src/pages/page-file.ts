/** Files that pages name: a style sheet, scripts. No page needs inline ones, and a browser may keep these for ever. */
import { createHash } from 'node:crypto'

export interface PageFile {
  /** It changes with the content. */
  readonly path: string
  readonly content: string
  /** Media type. */
  readonly type: string
}

const TYPES = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' } as const

export function buildPageFile(name: string, extension: keyof typeof TYPES, content: string): PageFile {
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 16)
  return { path: `/ui/${name}.${digest}.${extension}`, content, type: TYPES[extension] }
}

/**
 * The routes of a file: its own, and those under which other versions of the program know it. While one takes the place of
 * another, a browser may have the page of the one and ask the other for its script, without which a sign-in would stand still.
 */
export function listPageRoutes({ path }: PageFile): { path: string; cacheControl: string }[] {
  return [
    { path, cacheControl: 'public, max-age=31536000, immutable' },
    { path: path.replace(/\.[0-9a-f]{16}\./, '.:digest(^[0-9a-f]{16}).'), cacheControl: 'no-store' },
  ]
}
