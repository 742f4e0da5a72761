/**
 * What somebody else wrote, for a terminal: control characters and those that turn the direction of a text, which a
 * terminal would obey, are shown as escapes. So nothing in it can hide or forge a line.
 */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}
