import { styleText } from 'node:util'
import { DEMO_ACCOUNTS } from '../demo.ts'
import type { RunningServer } from '../server.ts'
import type { Settings } from '../settings/settings.ts'

type Row = readonly [label: string, text: string]

/** What somebody who has just started it wants to know: where to go, and in the demo as whom. */
export function buildWelcome(version: string, settings: Settings, addresses: RunningServer['addresses']): string {
  const places: Row[] = []
  const accounts: Row[] = []
  if (addresses.security !== undefined) {
    places.push(['Security API', addresses.security])
    accounts.push(['Security API', describeAccounts(DEMO_ACCOUNTS.api)])
  }
  // Cookies and logins are bound to these names: with the listener's own address a login might not find back.
  if (addresses.portal !== undefined) places.push(['Portal', settings.portal.publicBaseUrl ?? addresses.portal])
  if (addresses.provider !== undefined) {
    places.push(['Provider', settings.provider.issuer])
    accounts.push(['Provider', describeAccounts(DEMO_ACCOUNTS.provider)])
  }
  const parts = [
    `  ${styleText('bold', `Ostiary ${version}`)} is ready. Ctrl-C stops it.`,
    buildRows(places.map(([label, address]) => [label, styleText('cyan', address)])),
    ...(settings.demo ? [`  Demo accounts, for this machine only:\n${buildRows(accounts)}`] : []),
  ]
  return `\n${parts.join('\n\n')}\n`
}

function describeAccounts(passwords: Readonly<Record<string, string>>): string {
  return Object.entries(passwords)
    .map(([name, password]) => `${name} / ${password}`)
    .join(', ')
}

function buildRows(rows: readonly Row[]): string {
  return rows.map(([label, text]) => `  ${label.padEnd(14)}${text}`).join('\n')
}
