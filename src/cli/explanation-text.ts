/** The explanation of a login, for the person at the terminal. */
import { styleText } from 'node:util'
import type { ExplainedUser, LoginExplanation } from '../authc/login-explanation.ts'
import type { RoleMappingExplanation } from '../authz/role-mapping-explanation.ts'
import type { RuleExplanation } from '../authz/rule-explanation.ts'
import type { PropertyExplanation } from '../oidc/property-explanation.ts'
import { printable } from './printable.ts'

export function formatExplanation(explanation: LoginExplanation): string {
  const { realm, id_token: idToken, properties, lookup, role_mappings: mappings, user, problem } = explanation
  return [
    ...(idToken === undefined ? [] : formatToken(idToken)),
    title(`Claims, as the realm [${realm.name}] maps them`),
    ...properties.flatMap(formatProperty),
    '',
    title('Role mappings'),
    ...(mappings.length === 0 ? [`  ${describeNoMappings(explanation)}`] : []),
    ...mappings.flatMap(formatMapping),
    '',
    ...(lookup === undefined ? [] : [`[${lookup.principal}] is looked up in [${lookup.realms.join(', ')}]`]),
    ...(user === null ? [] : formatUser(user, explanation.metadata_left_out)),
    ...(problem === undefined ? [] : [`${mark(false)} A login would fail: ${problem.detail} (${problem.reason})`]),
  ].join('\n')
}

function describeNoMappings({ lookup, user }: LoginExplanation): string {
  if (lookup !== undefined) return 'not looked at: the user is looked up'
  return user === null ? 'not looked at: there is no principal' : 'there are none'
}

function formatToken({ problem }: NonNullable<LoginExplanation['id_token']>): string[] {
  const warning = styleText('yellow', 'The ID token was not verified: its signature and nonce were not looked at.')
  return [warning, ...(problem === undefined ? [] : [`A login with it would fail: ${problem}`]), '']
}

function formatProperty({ property, setting, claim, pattern, found, values, problem }: PropertyExplanation): string[] {
  const from = `${styleText('bold', property.padEnd(10))} from the claim [${claim}]`
  const head = `  ${from}${pattern === undefined ? '' : `, pattern ${pattern}`}`
  if (problem !== undefined) return [head, `    ${mark(false)} ${problem}; found: ${JSON.stringify(found)}`]
  if (found === undefined) return [head, `    ${mark(false)} the claims do not have it (${setting})`]
  if (values.length === 0) return [head, `    ${mark(false)} it is empty`]
  return [
    head,
    ...values.map(({ text, taken }) => {
      if (taken === null) return `    ${mark(false)} ${text}: does not match the pattern, dropped`
      return `    ${mark(true)} ${text}${taken === text ? '' : ` → ${taken}`}`
    }),
  ]
}

function formatMapping({ name, enabled, matched, roles, problem, rules }: RoleMappingExplanation): string[] {
  const gives = roles.length > 0 ? ` gives ${roles.join(', ')}` : ''
  const idle = enabled ? (matched ? '' : ' does not match') : ' is not enabled'
  const head = `  ${mark(matched && enabled && problem === undefined)} ${styleText('bold', name)}${gives}${idle}`
  return [head, ...formatRule(rules, '      '), ...(problem === undefined ? [] : [`      ${mark(false)} ${problem}`])]
}

function formatRule(rule: RuleExplanation, indent: string): string[] {
  const verdict = `${indent}${mark(rule.matched)}`
  const inner = (rules: readonly RuleExplanation[]) => rules.flatMap((each) => formatRule(each, `${indent}  `))
  if ('any' in rule) return [`${verdict} any of`, ...inner(rule.any)]
  if ('all' in rule) return [`${verdict} all of`, ...inner(rule.all)]
  if ('except' in rule) return [`${verdict} except`, ...inner([rule.except])]
  const wanted = rule.values.map(({ value }) => JSON.stringify(value)).join(' or ')
  const found = rule.found === undefined ? 'nothing' : JSON.stringify(rule.found)
  return [`${verdict} ${rule.field} is ${wanted}${rule.matched ? '' : `; found: ${found}`}`]
}

function formatUser(user: ExplainedUser, leftOut: readonly string[]): string[] {
  const { username, full_name: name, email, groups, dn, roles, metadata } = user
  const rows: [string, string | null][] = [
    ['username', username],
    ['full name', name],
    ['e-mail', email],
    ['dn', dn],
    ['groups', groups.join(', ') || null],
    ['roles', roles.join(', ') || 'none: the login succeeds, and may do nothing'],
    ['metadata', Object.keys(metadata).length === 0 ? null : printable(JSON.stringify(metadata))],
    ['not in it', printable(leftOut.join(', ')) || null],
  ]
  const shown = rows.filter((row): row is [string, string] => row[1] !== null)
  return [title('User'), ...shown.map(([label, text]) => `  ${label.padEnd(10)} ${text}`)]
}

function title(text: string): string {
  return styleText(['bold', 'underline'], text)
}

function mark(good: boolean): string {
  return good ? styleText('green', '✔') : styleText('red', '✖')
}
