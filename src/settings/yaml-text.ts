/** YAML that people write by hand: its document, or what is wrong with it, by line and with the way out. */
import {
  LineCounter,
  parseDocument,
  type Document,
  type DocumentOptions,
  type ParseOptions,
  type SchemaOptions,
} from 'yaml'
import type { SettingsProblem } from './settings-error.ts'

export interface YamlText {
  readonly document: Document.Parsed
  readonly problems: readonly SettingsProblem[]
  /** @param offset in the text. @returns `line 12` */
  readonly lineOf: (offset: number) => string
}

/** What the parser's words leave to be guessed. */
const HINTS: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: ' (a value with a colon and a blank in it needs quotes)',
  MULTILINE_IMPLICIT_KEY: ' (is a colon, or the blank after it, missing?)',
}
const SECOND_DOCUMENT = 'a second document begins here: put everything into one, without a line [---] in between'
/** What bytes become that are no UTF-8. */
const UNREADABLE = '\uFFFD'

/** Never throws. Of the problems of a document that has some, nothing else may be used. */
export function parseYamlText(text: string, options: ParseOptions & DocumentOptions & SchemaOptions): YamlText {
  const lines = new LineCounter()
  const document = parseDocument(text, { ...options, lineCounter: lines, prettyErrors: false })
  const lineAt = (offset: number): number => lines.linePos(offset).line
  const problems: SettingsProblem[] = []
  const refuse = (line: number, fault: string) => problems.push({ setting: '', where: `line ${line}`, text: fault })

  const unreadable = text.indexOf(UNREADABLE)
  if (unreadable >= 0) refuse(lineAt(unreadable), 'the file is not UTF-8 here: save it in that encoding')
  let last = -1
  // A tag that nobody knows is only a warning to the parser, and its value would be taken for a plain one.
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const line = lineAt(pos[0])
    const isSequel = line === last || line === last + 1
    last = line
    // One line that is out of its column makes all that follow it seem wrong.
    if (isSequel) continue
    const fault = `this is no valid YAML: ${message}${HINTS[code] ?? ''}`
    refuse(line, code === 'MULTIPLE_DOCS' ? SECOND_DOCUMENT : fault)
  }
  return { document, problems, lineOf: (offset) => `line ${lineAt(offset)}` }
}
