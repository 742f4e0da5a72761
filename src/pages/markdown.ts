/**
 * The little Markdown that an administrator's texts may use: paragraphs, bullet lists, `**strong**`, `*emphasis*`,
 * `` `code` `` and `[links](https://…)` to http, https and mailto addresses. Everything else, markup too, is text.
 */
import { Html, escapeHtml, html } from './html.ts'

export function renderMarkdown(text: string): Html {
  const blocks = text.trim().split(/\n[ \t]*\n/)
  return html`${blocks.map((block) => renderBlock(block.trim().split('\n')))}`
}

function renderBlock(lines: readonly string[]): Html {
  if (lines.every((line) => /^\s*[-*] /.test(line)))
    return html`<ul>
      ${lines.map((line) => html`<li>${renderSpan(line.replace(/^\s*[-*] /, ''))}</li>`)}
    </ul>`
  return html`<p>${renderSpan(lines.join('\n'))}</p>`
}

/** Each alternative is one kind of span; none may contain another block, so nothing can be left open. */
const SPAN = /`([^`\n]+)`|\[([^[\]\n]*)\]\(([^()\s]*)\)|\*\*([^*\n]+)\*\*|\*([^*\n]+)\*/g

function renderSpan(text: string): Html {
  let markup = ''
  let end = 0
  for (const match of text.matchAll(SPAN)) {
    markup += escapeHtml(text.slice(end, match.index)) + renderMatch(match).markup
    end = match.index + match[0].length
  }
  return new Html(markup + escapeHtml(text.slice(end)))
}

function renderMatch([whole, code, label, address, strong, emphasis]: RegExpExecArray): Html {
  if (code !== undefined) return html`<code>${code}</code>`
  if (strong !== undefined) return html`<strong>${strong}</strong>`
  if (emphasis !== undefined) return html`<em>${emphasis}</em>`
  if (label === undefined || address === undefined || !isAllowed(address)) return html`${whole}`
  return html`<a href="${address}" rel="noreferrer">${label}</a>`
}

function isAllowed(address: string): boolean {
  return URL.canParse(address) && ['http:', 'https:', 'mailto:'].includes(new URL(address).protocol)
}
