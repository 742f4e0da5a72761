import { styleText } from 'node:util'
import { printable } from './printable.ts'

/** One line of a check, for the person at the terminal. */
export interface Finding {
  readonly verdict: 'ok' | 'note' | 'problem'
  /** What was looked at, in a word or two. */
  readonly subject: string
  /** What was found. */
  readonly text: string
  /** What to change. */
  readonly advice?: string
}

const MARKS = { ok: ['green', '✔'], note: ['yellow', '•'], problem: ['red', '✖'] } as const
const WIDTH = 15

export function formatFinding({ verdict, subject, text, advice }: Finding): string {
  const [colour, mark] = MARKS[verdict]
  const line = `${styleText(colour, mark)} ${styleText('bold', subject.padEnd(WIDTH))} ${printable(text)}`
  return advice === undefined ? line : `${line}\n  ${' '.repeat(WIDTH)} → ${printable(advice)}`
}
