/**
 * The language of `simple_query_string`: words, `"phrases"`, `prefixes*` and `fuzzy~1` words, joined by `+` (and), `|`
 * (or) and `-` (not), in parentheses if need be. It has no errors: what makes no sense is passed over. The rules are those
 * of Lucene's SimpleQueryParser.
 */
export type SimpleQuery =
  | SimpleWords
  | { readonly type: 'and' | 'or'; readonly parts: SimpleQuery[] }
  | { readonly type: 'not'; readonly part: SimpleQuery }

export type SimpleWords =
  | { readonly type: 'word' | 'prefix'; readonly text: string }
  | { readonly type: 'phrase'; readonly text: string; readonly slop: number }
  | { readonly type: 'fuzzy'; readonly text: string; readonly edits: number }

export const SIMPLE_QUERY_FLAGS = [
  'AND',
  'OR',
  'NOT',
  'PREFIX',
  'PHRASE',
  'PRECEDENCE',
  'ESCAPE',
  'WHITESPACE',
  'FUZZY',
  'SLOP',
] as const
export type SimpleQueryFlag = (typeof SIMPLE_QUERY_FLAGS)[number]

type Operator = '(' | ')' | '"' | '+' | '|' | '-' | ' '

const OPERATORS: Readonly<Record<string, readonly [Operator, SimpleQueryFlag]>> = {
  '(': ['(', 'PRECEDENCE'],
  ')': [')', 'PRECEDENCE'],
  '"': ['"', 'PHRASE'],
  '+': ['+', 'AND'],
  '|': ['|', 'OR'],
  '-': ['-', 'NOT'],
  ' ': [' ', 'WHITESPACE'],
  '\t': [' ', 'WHITESPACE'],
  '\n': [' ', 'WHITESPACE'],
  '\r': [' ', 'WHITESPACE'],
}
const MOST_EDITS = 2
/** Parentheses further within are passed over. */
const MOST_NESTED = 100

/** @returns `undefined` if nothing is asked for */
export function readSimpleQuery(
  text: string,
  defaultOperation: 'and' | 'or',
  flags: ReadonlySet<SimpleQueryFlag>,
): SimpleQuery | undefined {
  const characters = readCharacters(text, flags.has('ESCAPE'))
  const closing = findClosing(characters)
  return readPart(0, characters.length)

  /** @param end the place after the last character */
  function readPart(start: number, end: number): SimpleQuery | undefined {
    let at = start
    let top: SimpleQuery | undefined
    let operation: 'and' | 'or' | undefined
    let previous: 'and' | 'or' | undefined
    let isNegated = false

    while (at < end) {
      const operator = operatorAt(at)
      if (operator === '-') {
        isNegated = !isNegated
        at++
        continue
      }
      if (operator === '(') readParentheses()
      else if (operator === '"') readPhrase()
      else if (operator === undefined) readWord()
      else {
        if (top !== undefined && operator === '+') operation ??= 'and'
        if (top !== undefined && operator === '|') operation ??= 'or'
        at++
      }
      // A "not" stands right before what it means.
      isNegated = false
    }
    return top

    function readParentheses(): void {
      const close = closing.get(at)
      at++
      // What is never closed is passed over.
      if (close === undefined || close >= end) return
      join(readPart(at, close))
      at = close + 1
    }

    function readPhrase(): void {
      const close = characters.indexOf('"', at + 1)
      at++
      if (close === -1 || close >= end) return
      const phrase = take(at, close)
      at = close + 1
      const slop = flags.has('SLOP') && characters[at] === '~' ? Number(readTilde()) : 0
      if (phrase !== '') join({ type: 'phrase', text: phrase, slop: Number.isInteger(slop) ? slop : 0 })
    }

    function readWord(): void {
      const start = at
      const isTilde = () => flags.has('FUZZY') && characters[at] === '~' && at > start
      // Within a word, a minus is a letter.
      while (at < end && !isTilde() && (operatorAt(at) === undefined || operatorAt(at) === '-')) at++
      const word = take(start, at)
      if (at < end && isTilde()) {
        const edits = readTilde()
        const count = edits === '' ? MOST_EDITS : Number(edits)
        join(
          count > 0 ? { type: 'fuzzy', text: word, edits: Math.min(count, MOST_EDITS) } : { type: 'word', text: word },
        )
      } else if (flags.has('PREFIX') && characters[at - 1] === '*') {
        join({ type: 'prefix', text: word.slice(0, -1) })
      } else join({ type: 'word', text: word })
    }

    /** What follows a tilde, up to the end of the word. */
    function readTilde(): string {
      const start = ++at
      while (at < end && (operatorAt(at) === undefined || operatorAt(at) === '-')) at++
      return take(start, at)
    }

    function join(part: SimpleQuery | undefined): void {
      if (part === undefined) {
        operation = undefined
        return
      }
      const branch: SimpleQuery = isNegated ? { type: 'not', part } : part
      const how = operation ?? defaultOperation
      operation = undefined
      if (top === undefined) {
        top = branch
        return
      }
      if (previous === how && (top.type === 'and' || top.type === 'or')) top.parts.push(branch)
      else top = { type: how, parts: [top, branch] }
      previous = how
    }
  }

  function operatorAt(place: number): Operator | undefined {
    const [operator, flag] = OPERATORS[characters[place] ?? ''] ?? []
    return flag !== undefined && flags.has(flag) ? operator : undefined
  }

  function take(start: number, end: number): string {
    return characters
      .slice(start, end)
      .map((character) => character.replace(/^\\(?=.)/su, ''))
      .join('')
  }
}

/** An escaped character stays with its backslash, so that it is no operator. */
function readCharacters(text: string, mayEscape: boolean): string[] {
  return text.match(mayEscape ? /\\?./gsu : /./gsu) ?? []
}

/** The place of the closing parenthesis for each opening one that has one. */
function findClosing(characters: readonly string[]): Map<number, number> {
  const open: number[] = []
  const found = new Map<number, number>()
  for (const [place, character] of characters.entries()) {
    if (character === '(') open.push(place)
    const opening = character === ')' ? open.pop() : undefined
    if (opening !== undefined && open.length < MOST_NESTED) found.set(opening, place)
  }
  return found
}
