/** The account page: who is signed in, with which groups, roles and claims, and for how long. */
import type { Json, JsonObject } from '../kernel/json.ts'
import { isJsonObject } from '../kernel/json.ts'
import { type Html, html } from '../pages/html.ts'
import { renderPage } from '../pages/page.ts'
import { stylesheet } from '../pages/style.ts'
import { type Deadlines, type Times, canBeExtended } from './deadlines.ts'
import { renderSessions } from './account-sessions.ts'
import { timesScript } from './scripts.ts'
import type { SeenSession } from './session-records.ts'
import { type SessionWatch, renderSessionWatch, watchScripts } from './session-watch.ts'
import type { Texts } from './texts.ts'
import { formatSpan, renderTime } from './times.ts'

export interface AccountView {
  readonly basePath: string
  /** As {@link buildProfile} makes it. */
  readonly profile: JsonObject
  /** `undefined` for a visitor by `Authorization` header. */
  readonly session: AccountSession | undefined
  readonly now: number
  readonly texts: Texts
}

export interface AccountSession {
  readonly times: Times
  readonly deadlines: Deadlines
  /** All sessions of this user, this one among them. */
  readonly all: readonly SeenSession[]
  readonly watch: SessionWatch
}

export function renderAccountPage(view: AccountView): string {
  const { basePath, profile, session, texts } = view
  const { account } = texts
  const username = textOf(profile['username'])
  const name = textOf(profile['full_name']) || username
  const email = textOf(profile['email'])
  const claims = claimsOf(profile)
  const subtitle = email || (name === username ? '' : username)
  const main = html`<div class="masthead">
      <span class="initial" aria-hidden="true">${initialOf(name)}</span>
      <div>
        <h1>${name}</h1>
        ${subtitle !== '' && html`<p>${subtitle}</p>`}
      </div>
      <p><a class="button secondary" href="${basePath}/logout" data-test-subj="logoutLink">${texts.logOut}</a></p>
    </div>
    <section class="panel" aria-labelledby="who">
      <h2 id="who">${account.who}</h2>
      <dl class="facts">
        ${fact(account.username, username, 'username')}
        ${fact(account.fullName, textOf(profile['full_name']), 'full_name')} ${fact(account.email, email, 'email')}
        ${fact(account.provider, refText(profile['authentication_provider']), 'provider')}
        ${fact(account.realm, refText(profile['authentication_realm']), 'realm')}
        ${!isSameRealm(profile) && fact(account.lookupRealm, refText(profile['lookup_realm']), 'lookup_realm')}
        ${fact(account.authentication, textOf(profile['authentication_type']), 'authentication_type')}
        ${fact(account.account, profile['enabled'] === true ? account.enabled : account.disabled, 'enabled')}
      </dl>
    </section>
    ${claims.groups.length > 0 && names(account.groups, claims.groups, 'groups')}
    ${
      listOf(profile['roles']).length > 0
        ? names(account.roles, listOf(profile['roles']), 'roles')
        : html`<section class="panel" aria-labelledby="roles">
            <h2 id="roles">${account.roles}</h2>
            <p>${account.noRoles}</p>
          </section>`
    }
    ${
      claims.others.length > 0 &&
      html`<section class="panel" aria-labelledby="claims">
        <h2 id="claims">${claims.areOfProvider ? account.claims : account.metadata}</h2>
        <dl class="facts">
          ${claims.others.map(
            ([claim, value]) =>
              html`<dt>${claim}</dt>
                <dd>${renderValue(value)}</dd>`,
          )}
        </dl>
      </section>`
    }
    ${session && renderSession(session, view)}
    ${session && renderSessions(session.watch.session, session.all, basePath, texts)}
    ${session && renderSessionWatch(session.watch, texts)}`
  return renderPage({
    lang: texts.language,
    title: account.title(name),
    main,
    stylesheet: basePath + stylesheet.path,
    scripts: [basePath + timesScript.path, ...watchScripts(basePath, session?.watch)],
    layout: 'wide',
  })
}

function renderSession(
  { times, deadlines }: AccountSession,
  { basePath, now, texts: { account, language } }: AccountView,
): Html {
  const { idle, lifespan } = deadlines
  return html`<section class="panel" aria-labelledby="session">
    <h2 id="session">${account.session}</h2>
    <dl class="facts">
      <dt>${account.signedIn}</dt>
      <dd>${renderTime(times.createdAt, language)}</dd>
      ${
        idle !== undefined &&
        html`<dt>${account.idleEnd}</dt>
          <dd>${renderTime(idle, language)} <span class="muted">(${formatSpan(idle - now, language)})</span></dd>`
      }
      ${
        lifespan !== undefined &&
        html`<dt>${account.lifespanEnd}</dt>
          <dd>
            ${renderTime(lifespan, language)} <span class="muted">(${formatSpan(lifespan - now, language)})</span>
          </dd>`
      }
      ${
        idle === undefined &&
        lifespan === undefined &&
        html`<dt>${account.ends}</dt>
          <dd>${account.endsWithBrowser}</dd>`
      }
    </dl>
    ${canBeExtended(deadlines) && html`<p class="actions"><a class="button secondary" href="${basePath}/security/account">${account.stay}</a></p>`}
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

/** The metadata of the user: `oidc(x)` is the claim `x` of the provider; groups stand by themselves. */
function claimsOf(profile: JsonObject): { groups: string[]; others: [string, Json][]; areOfProvider: boolean } {
  const metadata = isJsonObject(profile['metadata']) ? profile['metadata'] : {}
  const claims = Object.entries(metadata).map(([key, value]): [string, Json] => [
    /^oidc\((.*)\)$/s.exec(key)?.[1] ?? key,
    value,
  ])
  const groups = claims.find(([claim]) => claim === 'groups')?.[1] ?? []
  return {
    groups: [groups].flat().map((group) => plainText(group)),
    others: claims.filter(([claim]) => claim !== 'groups'),
    areOfProvider: Object.keys(metadata).some((key) => key.startsWith('oidc(')),
  }
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

function refText(ref: Json | undefined): string {
  return isJsonObject(ref) && textOf(ref['name']) !== '' ? `${textOf(ref['name'])} (${textOf(ref['type'])})` : ''
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
