/** Distinguished names as text (RFC 4514, with the `;` and the quotes of RFC 2253), compared by the rules of X.500. */

/** The relative distinguished names from the leaf to the root, each normalised: `['cn=me', 'dc=example', 'dc=com']`. */
export type DistinguishedName = readonly string[]

const MAX_LENGTH = 8192
const ATTRIBUTE_TYPE = /[ ]*([A-Za-z][\w-]*|\d+(?:\.\d+)*)[ ]*=[ ]*/y
const ESCAPED_BYTES = /(?:\\[0-9A-Fa-f]{2})+/y

/** @returns `undefined` if the text is no distinguished name; letter case and blanks that do not count are gone */
export function readDistinguishedName(text: string): DistinguishedName | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const names: string[][] = [[]]
  for (let at = 0; ; at += 1) {
    ATTRIBUTE_TYPE.lastIndex = at
    const type = ATTRIBUTE_TYPE.exec(text)?.[1]
    if (type === undefined) return undefined
    const value = readValue(text, ATTRIBUTE_TYPE.lastIndex)
    if (value === undefined) return undefined
    names.at(-1)?.push(`${type.toLowerCase()}=${normaliseValue(value.text)}`)
    if (value.end === text.length) return names.map((attributes) => attributes.sort().join('+'))
    if (text[value.end] !== '+') names.push([])
    at = value.end
  }
}

/** `cn=me,dc=example,dc=com` */
export function formatDistinguishedName(name: DistinguishedName): string {
  return name.join(',')
}

export function equalDistinguishedNames(a: DistinguishedName, b: DistinguishedName): boolean {
  return a.length === b.length && a.every((relative, index) => relative === b[index])
}

/** Whether `name` is below `ancestor`; nothing is below itself. */
export function isDescendant(name: DistinguishedName, ancestor: DistinguishedName): boolean {
  const below = name.length - ancestor.length
  return below > 0 && equalDistinguishedNames(name.slice(below), ancestor)
}

/** RFC 4514 §3: a value up to its separator or the end of the text, without escapes, quotes and the blanks around it. */
function readValue(text: string, start: number): { text: string; end: number } | undefined {
  const quoted = text[start] === '"'
  let value = ''
  let meant = 0
  let at = quoted ? start + 1 : start
  for (; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (character === '\\') {
      const escaped = readEscape(text, at)
      if (escaped === undefined) return undefined
      value += escaped.text
      meant = value.length
      at = escaped.end - 1
      continue
    }
    if (quoted ? character === '"' : ',;+'.includes(character)) break
    if (!quoted && '"<>'.includes(character)) return undefined
    value += character
    if (quoted || character !== ' ') meant = value.length
  }
  if (!quoted) return { text: value.slice(0, meant), end: at }

  if (text[at] !== '"') return undefined
  do at += 1
  while (text[at] === ' ')
  return at === text.length || ',;+'.includes(text[at] ?? '') ? { text: value, end: at } : undefined
}

/** `\2C` is a byte of UTF-8, several of them in a row are one text; `\,` is the character itself. */
function readEscape(text: string, at: number): { text: string; end: number } | undefined {
  ESCAPED_BYTES.lastIndex = at
  const bytes = ESCAPED_BYTES.exec(text)?.[0]
  if (bytes !== undefined) {
    return { text: Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8'), end: at + bytes.length }
  }
  const character = text[at + 1]
  return character === undefined ? undefined : { text: character, end: at + 2 }
}

/** RFC 4518: letter case, blanks at both ends and repeated blanks do not count. */
function normaliseValue(value: string): string {
  return value
    .toLowerCase()
    .trim()
    .replaceAll(/ +/g, ' ')
    .replaceAll(/[\\,;+"<>=]|^#/g, String.raw`\$&`)
}
