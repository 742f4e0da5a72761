/** One thing that is wrong with the settings. */
export interface SettingsProblem {
  /** The full name of the setting; empty where the file as a whole is at fault. */
  readonly setting: string
  /** `line 12`, `environment variable OSTIARY_SETTING_…`, `keystore` or `not set`. */
  readonly where: string
  /** What was found and what is expected. Never the value of a secure setting. */
  readonly text: string
}

/** The settings cannot be used. Carries everything that is wrong with them, so that one look at the file mends it all. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  readonly problems: readonly SettingsProblem[]

  constructor(file: string, problems: readonly SettingsProblem[]) {
    const count = problems.length === 1 ? 'One problem' : `${problems.length} problems`
    super([`${count} with the settings of ${file}:`, ...problems.map(describeProblem)].join('\n'))
    this.problems = problems
  }
}

function describeProblem({ setting, where, text }: SettingsProblem): string {
  const named = setting === '' || text.includes(setting)
  return `  ${where}: ${named ? '' : `[${setting}] `}${text}`
}

/** A single value is not what its setting expects. Its message is the problem's text. */
export class ValueError extends Error {
  override readonly name = 'ValueError'
}
