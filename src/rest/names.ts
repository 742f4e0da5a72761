/** Names in a path: several are separated by commas, each counts once. `undefined` if the path has none. */
export function readNames({ name }: Readonly<Record<string, string>>): string[] | undefined {
  return name === undefined ? undefined : [...new Set(name.split(',').filter((part) => part !== ''))]
}

/** The one name of a path that always has one. */
export function readName({ name = '' }: Readonly<Record<string, string>>): string {
  return name
}
