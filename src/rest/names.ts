/** Names in a path: several are separated by commas, each counts once. `undefined` if the path has none. */
export function readNames({ name }: Readonly<Record<string, string>>): string[] | undefined {
  return splitNames(name)
}

/** As `readNames`, for the part of a path that has another name. */
export function splitNames(part: string | undefined): string[] | undefined {
  return part === undefined ? undefined : [...new Set(part.split(',').filter((name) => name !== ''))]
}

/** The one name of a path that always has one. */
export function readName({ name = '' }: Readonly<Record<string, string>>): string {
  return name
}
