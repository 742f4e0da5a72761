/** The account page: who is signed in, with which groups, roles and claims, and for how long. */
import type { Json, JsonObject } from '../kernel/json.ts'
import { isJsonObject } from '../kernel/json.ts'
import { type Html, html } from '../pages/html.ts'
import { renderPage } from '../pages/page.ts'
import { stylesheet } from '../pages/style.ts'
import { type Deadlines, type Times, canBeExtended } from './deadlines.ts'
import { timesScript } from './scripts.ts'

export interface AccountView {
  readonly basePath: string
  /** As {@link buildProfile} makes it. */
  readonly profile: JsonObject
  readonly session: { readonly times: Times; readonly deadlines: Deadlines } | undefined
  readonly now: number
}

export function renderAccountPage(view: AccountView): string {
  const { basePath, profile } = view
  const username = textOf(profile['username'])
  const name = textOf(profile['full_name']) || username
  const email = textOf(profile['email'])
  const claims = claimsOf(profile)
  const main = html`<div class="masthead">
      <span class="initial" aria-hidden="true">${initialOf(name)}</span>
      <div>
        <h1>${name}</h1>
        <p>${email || username}</p>
      </div>
      <p><a class="button secondary" href="${basePath}/logout" data-test-subj="logoutLink">Log out</a></p>
    </div>
    <section class="panel" aria-labelledby="who">
      <h2 id="who">Who you are</h2>
      <dl class="facts">
        ${fact('Username', username, 'username')} ${fact('Full name', textOf(profile['full_name']), 'full_name')}
        ${fact('E-mail', email, 'email')} ${fact('Provider', refText(profile['authentication_provider']), 'provider')}
        ${fact('Realm', refText(profile['authentication_realm']), 'realm')}
        ${!isSameRealm(profile) && fact('Account from realm', refText(profile['lookup_realm']), 'lookup_realm')}
        ${fact('Authentication', textOf(profile['authentication_type']), 'authentication_type')}
        ${fact('Account', profile['enabled'] === true ? 'Enabled' : 'Disabled', 'enabled')}
      </dl>
    </section>
    ${claims.groups.length > 0 && names('Groups', claims.groups, 'groups')}
    ${
      listOf(profile['roles']).length > 0
        ? names('Roles', listOf(profile['roles']), 'roles')
        : html`<section class="panel" aria-labelledby="roles">
            <h2 id="roles">Roles</h2>
            <p>No role is assigned to you; ask your administrator.</p>
          </section>`
    }
    ${
      claims.others.length > 0 &&
      html`<section class="panel" aria-labelledby="claims">
        <h2 id="claims">Claims</h2>
        <dl class="facts">
          ${claims.others.map(
            ([claim, value]) =>
              html`<dt>${claim}</dt>
                <dd>${renderValue(value)}</dd>`,
          )}
        </dl>
      </section>`
    }
    ${view.session && renderSession(view.session, view)}`
  return renderPage({
    lang: 'en',
    title: `${name}: account`,
    main,
    stylesheet: basePath + stylesheet.path,
    scripts: [basePath + timesScript.path],
    layout: 'wide',
  })
}

function renderSession(
  { times, deadlines }: NonNullable<AccountView['session']>,
  { basePath, now }: AccountView,
): Html {
  const { idle, lifespan } = deadlines
  return html`<section class="panel" aria-labelledby="session">
    <h2 id="session">Session</h2>
    <dl class="facts">
      <dt>Signed in</dt>
      <dd>${renderTime(times.createdAt)}</dd>
      ${
        idle !== undefined &&
        html`<dt>Ends without activity</dt>
          <dd>${renderTime(idle)} <span class="muted">(${renderSpan(idle - now)})</span></dd>`
      }
      ${
        lifespan !== undefined &&
        html`<dt>Ends at the latest</dt>
          <dd>${renderTime(lifespan)} <span class="muted">(${renderSpan(lifespan - now)})</span></dd>`
      }
      ${
        idle === undefined &&
        lifespan === undefined &&
        html`<dt>Ends</dt>
          <dd>When you log out or close the browser</dd>`
      }
    </dl>
    ${canBeExtended(deadlines) && html`<p class="actions"><a class="button secondary" href="${basePath}/security/account">Stay logged in</a></p>`}
  </section>`
}

function fact(title: string, value: string, id: string): Html | undefined {
  return value === ''
    ? undefined
    : html`<dt>${title}</dt>
        <dd data-test-subj="account-${id}">${value}</dd>`
}

function names(title: string, items: readonly string[], id: string): Html {
  return html`<section class="panel" aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    <ul class="names" data-test-subj="account-${id}">
      ${items.map((item) => html`<li>${item}</li>`)}
    </ul>
  </section>`
}

/** The metadata of the user: `oidc(x)` is the claim `x`; groups stand by themselves. */
function claimsOf(profile: JsonObject): { groups: string[]; others: [string, Json][] } {
  const metadata = isJsonObject(profile['metadata']) ? profile['metadata'] : {}
  const claims = Object.entries(metadata).map(([key, value]): [string, Json] => [
    /^oidc\((.*)\)$/s.exec(key)?.[1] ?? key,
    value,
  ])
  const groups = claims.find(([claim]) => claim === 'groups')?.[1]
  return { groups: listOf(groups), others: claims.filter(([claim]) => claim !== 'groups') }
}

function renderValue(value: Json): Html {
  if (Array.isArray(value))
    return html`<ul>
      ${value.map((item) => html`<li>${plainText(item)}</li>`)}
    </ul>`
  return html`${plainText(value)}`
}

function plainText(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const CLOCK_TIME = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })

function renderTime(seconds: number): Html {
  const date = new Date(seconds * 1000)
  return html`<time datetime="${date.toISOString()}">${CLOCK_TIME.format(date)} UTC</time>`
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const
const SPAN = new Intl.RelativeTimeFormat('en', { numeric: 'always' })

function renderSpan(seconds: number): string {
  const [unit, length] = UNITS.find(([, size]) => seconds >= size) ?? ['second', 1]
  return SPAN.format(Math.round(seconds / length), unit)
}

function refText(ref: Json | undefined): string {
  return isJsonObject(ref) ? `${textOf(ref['name'])} (${textOf(ref['type'])})` : ''
}

function isSameRealm(profile: JsonObject): boolean {
  return refText(profile['authentication_realm']) === refText(profile['lookup_realm'])
}

function initialOf(name: string): string {
  return (name.match(/^./su)?.[0] ?? '').toUpperCase()
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function listOf(value: Json | undefined): string[] {
  const values = Array.isArray(value) ? value : [value]
  return values.filter((item) => typeof item === 'string')
}
