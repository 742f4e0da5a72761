/** The reference of all settings, `docs/settings.md`, made from their table. `npm run docs` writes it, a test compares. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Setting } from '../../src/settings/setting.ts'
import { SETTINGS_GROUPS, type SettingsGroup } from '../../src/settings/table.ts'

export const REFERENCE_FILE = join(import.meta.dirname, '../../docs/settings.md')

const INTRODUCTION = `# Settings

This page is made from the table of settings in \`src/settings/\` (\`npm run docs\`); do not edit it.

Ostiary reads its settings at start, from one YAML file: \`ostiary start --config FILE\`. All of them are static: a change
is effective at the next start. Names can be written with dots, nested, or in any mixture of both; these are the same:

\`\`\`yaml
xpack.security.authc.realms.oidc.oidc1.rp.client_id: portal

xpack.security.authc.realms:
  oidc.oidc1:
    rp:
      client_id: portal
\`\`\`

Parts in angle brackets are names of your own, of letters, digits, \`_\` and \`-\`; a client id may have dots too. A name
that is not on this page stops the start, as does a setting that is written twice. Everything that is wrong is told at
once, with its line. Relative paths start at the folder of the settings file. A time has a unit: \`500ms\`, \`60s\`, \`20m\`,
\`24h\`, \`14d\`. A list can be written in one line with commas.

## Environment variables

\`OSTIARY_SETTING_\` and the name of a setting override the file: in capitals, with \`_\` for each dot and \`__\` for each
underscore. So \`OSTIARY_SETTING_HTTP_PORT=9201\` is \`http.port: 9201\`, and \`OSTIARY_SETTING_PROVIDER_END__SESSION_ENABLED\`
is \`provider.end_session.enabled\`. The letters' case does not matter for the names on this page; names of your own are
taken in lower case. Secure settings cannot be set this way.

\`OSTIARY_KEYSTORE_PASSWORD\` is the password of the keystore; without it the password is empty.

## The keystore

Secure settings stand only in the keystore, the file \`ostiary.keystore\` beside the settings file, which its owner alone
can read. \`ostiary start\` makes one if there is none; \`ostiary keystore create | add | list | remove\` manage it:

\`\`\`sh
ostiary keystore add xpack.security.authc.realms.oidc.oidc1.rp.client_secret --config config/ostiary.yml
\`\`\`
`

export function buildSettingsReference(): string {
  return [INTRODUCTION, ...SETTINGS_GROUPS.map((group) => buildGroup(group))].join('\n')
}

function buildGroup({ title, settings }: SettingsGroup): string {
  const rows = settings.map((setting) => {
    const description = setting.secure
      ? `${setting.description} **Secure**: in the keystore only.`
      : setting.description
    return `| \`${setting.key}\` | ${setting.type.expects} | ${describeDefault(setting)} | ${description} |`
  })
  return [`## ${title}`, '', '| setting | value | default | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join(
    '\n',
  )
}

function describeDefault(setting: Setting<unknown>): string {
  if (setting.required !== undefined) return '**required**'
  if (setting.defaultText !== undefined) return setting.defaultText
  const { default: value } = setting
  if (value === undefined || value === null) return 'none'
  return typeof value === 'string' ? `\`${value}\`` : `\`[${value.join(', ')}]\``
}

if (import.meta.main) writeFileSync(REFERENCE_FILE, buildSettingsReference())
