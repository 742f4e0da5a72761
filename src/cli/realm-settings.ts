import { findNearest } from '../kernel/nearest.ts'
import type { OidcRealmSettings, Settings } from '../settings/settings.ts'
import { CommandError, type CommandInput, EXIT } from './command.ts'
import { readSettingsOf } from './settings-input.ts'

/**
 * The settings of the realm that a command is about, with its secrets.
 * @throws CommandError if no enabled realm has that name; SettingsError, KeystoreError
 */
export async function readRealmSettings(
  name: string,
  input: CommandInput,
): Promise<{ realm: OidcRealmSettings; settings: Settings }> {
  const settings = await readSettingsOf(input)
  const realm = settings.oidcRealms.find((candidate) => candidate.name === name)
  if (realm !== undefined) return { realm, settings }
  const names = settings.oidcRealms.map(({ name }) => name)
  const nearest = findNearest(name, names)
  const hint = nearest === undefined ? ` there are: ${names.join(', ') || 'none'}` : ` did you mean [${nearest}]?`
  throw new CommandError(`no OpenID Connect realm [${name}] is enabled in ${settings.file}:${hint}`, EXIT.usage)
}
