/**
 * The pages of the provider. Each works without script; every text from outside is escaped by `html`.
 */
import { type Html, html } from '../pages/html.ts'
import { renderPage } from '../pages/page.ts'
import { onceScript } from '../pages/once-script.ts'
import { stylesheet } from '../pages/style.ts'
import type { HintClient, Notice } from './end-session-decision.ts'
import { LANGUAGES, type Language } from './language.ts'
import { PAGE_TEXTS, type PageTexts } from './page-texts.ts'
import { ACCOUNT_PATH } from './paths.ts'
import { framesScript, submitScript } from './page-scripts.ts'

/** After so many seconds a browser without script goes on, whether all frames were loaded or not. */
const FRAMES_SECONDS = 3

export interface LoginPage {
  readonly clientName: string
  readonly ticket: string
  readonly username: string
  /** What went wrong with the attempt before. */
  readonly fault?: string
}

export interface ConsentPage {
  readonly clientName: string
  /** Host of the redirect URI: where the person goes next. */
  readonly host: string
  readonly accountName: string
  readonly scopes: readonly string[]
  /** What it asks to do at APIs. */
  readonly resources: readonly { readonly identifier: string; readonly scopes: readonly string[] }[]
  readonly ticket: string
}

export interface SignOutPage {
  readonly ticket: string
  readonly client: HintClient | undefined
  readonly notices: readonly Notice[]
}

export interface SignedOutPage {
  readonly notices?: readonly Notice[]
  /** The relying parties that could not be told yet, by name. */
  readonly untold?: readonly string[]
}

/** A sign-out that goes on by itself once the relying parties' frames were loaded. */
export interface FramesPage {
  readonly frames: readonly string[]
  readonly untold: readonly string[]
  readonly location: string
  /** Whom that leads to; absent: our own page. */
  readonly clientName: string | undefined
}

export interface AccountPage {
  readonly ticket: string
  readonly accountName: string
  /** Seconds. */
  readonly signedInAt: number | undefined
  readonly clients: readonly { readonly id: string; readonly name: string }[]
}

export interface ErrorPage {
  readonly status: number
  /** For the reader; nothing secret. In English. */
  readonly detail?: string | undefined
  readonly requestId?: string
}

export type ProviderPages = ReturnType<typeof createPagesIn>
export type ProviderPagesIn = (language: Language) => ProviderPages

/** @param parts.endSessionPath where the forms of a sign-out go; `undefined` if that is switched off */
export function createProviderPages(parts: { endSessionPath: string | undefined }): ProviderPagesIn {
  const pages = new Map(LANGUAGES.map((language) => [language, createPagesIn(language, parts.endSessionPath)]))
  return (language) => pages.get(language) ?? createPagesIn(language, parts.endSessionPath)
}

function createPagesIn(language: Language, endSessionPath: string | undefined) {
  const texts = PAGE_TEXTS[language]
  const page = (title: string, main: Html, more: { scripts?: readonly string[]; head?: Html } = {}) =>
    renderPage({ lang: language, title, main, stylesheet: stylesheet.path, ...more })
  const formPage = (title: string, main: Html, scripts: readonly string[] = []) =>
    page(title, main, { scripts: [onceScript.path, ...scripts] })
  const confirmPath = `${endSessionPath}/confirm`

  return {
    texts,

    login: ({ clientName, ticket, username, fault }: LoginPage) =>
      formPage(
        texts.signIn,
        html`<h1>${texts.signIn}</h1>
          <p class="lead">${texts.toContinueTo(clientName)}</p>
          ${fault !== undefined && html`<p class="notice error" role="alert">${fault}</p>`}
          <form method="post">
            <input type="hidden" name="ticket" value="${ticket}" />
            <label for="username">${texts.username}</label>
            <input
              id="username"
              name="username"
              value="${username}"
              autocomplete="username"
              autocapitalize="none"
              spellcheck="false"
              maxlength="256"
              required
            />
            <label for="password">${texts.password}</label>
            <input
              id="password"
              name="password"
              type="password"
              autocomplete="current-password"
              maxlength="1024"
              required
            />
            <div class="actions">
              <button name="answer" value="login">${texts.signIn}</button>
              <button class="secondary" name="answer" value="cancel" formnovalidate>${texts.cancel}</button>
            </div>
          </form>`,
      ),

    consent: ({ clientName, host, accountName, scopes, resources, ticket }: ConsentPage) =>
      formPage(
        texts.allowAccess,
        html`<h1>${texts.allowAccess}</h1>
          <p>${texts.asksToKnow(clientName, host, accountName)}</p>
          <ul>
            ${scopes.map((scope) => html`<li>${texts.scopes[scope] ?? scope}</li>`)}
            ${resources.map(({ identifier, scopes: names }) => html`<li>${texts.actsAt(names.join(', '), identifier)}</li>`)}
          </ul>
          <form method="post">
            <input type="hidden" name="ticket" value="${ticket}" />
            <div class="actions">
              <button name="answer" value="allow">${texts.allow}</button>
              <button class="secondary" name="answer" value="cancel">${texts.cancel}</button>
            </div>
          </form>`,
      ),

    confirm: ({ ticket, client, notices, accountName }: SignOutPage & { accountName: string }) =>
      formPage(
        texts.signOut,
        html`<h1>${texts.signOutQuestion}</h1>
          <p>${texts.signedInAs(accountName)}</p>
          ${client !== undefined && html`<p>${texts.asksToSignOut(client.name)}</p>`} ${renderNotices(texts, notices)}
          <form method="post" action="${confirmPath}">
            <input type="hidden" name="ticket" value="${ticket}" />
            <div class="actions">
              <button name="logout" value="yes">${texts.yes}</button>
              <button class="secondary" name="logout" value="no">${texts.no}</button>
            </div>
          </form>`,
      ),

    /** Nobody is signed in, and there is somewhere to go back to: the form sends itself. */
    continue: ({ ticket, client, notices }: SignOutPage) =>
      formPage(
        texts.notSignedIn,
        html`<h1>${texts.notSignedIn}</h1>
          ${renderNotices(texts, notices)}
          <form method="post" action="${confirmPath}">
            <input type="hidden" name="ticket" value="${ticket}" />
            <input type="hidden" name="logout" value="yes" />
            <button>${texts.continueTo(client?.name ?? '')}</button>
          </form>`,
        [submitScript.path],
      ),

    signedOut: ({ notices = [], untold = [] }: SignedOutPage = {}) =>
      page(
        texts.signedOut,
        html`<h1>${texts.signedOut}</h1>
          ${renderNotices(texts, notices)} ${renderUntold(texts, untold)}
          <p>${texts.nobodySignedIn}</p>`,
      ),

    /** OpenID Connect Front-Channel Logout 1.0 §3. */
    frames: ({ frames, untold, location, clientName }: FramesPage) =>
      page(
        texts.signedOut,
        html`<h1>${texts.signedOut}</h1>
          ${renderUntold(texts, untold)}
          ${frames.map((frame) => html`<iframe src="${frame}" title="${new URL(frame).host}" hidden></iframe>`)}
          <p><a class="button" id="next" href="${location}">${texts.continueTo(clientName ?? 'Ostiary')}</a></p>`,
        {
          scripts: [framesScript.path],
          head: html`<noscript><meta http-equiv="refresh" content="${FRAMES_SECONDS}; url=${location}" /></noscript>`,
        },
      ),

    stayed: () =>
      page(
        texts.stillSignedIn,
        html`<h1>${texts.stillSignedIn}</h1>
          <p>${texts.nothingElse}</p>
          <footer class="fine"><a href="${ACCOUNT_PATH}">${texts.account}</a></footer>`,
      ),

    account: ({ ticket, accountName, signedInAt, clients }: AccountPage) =>
      formPage(
        texts.account,
        html`<h1>${texts.account}</h1>
          <p>
            ${texts.signedInAs(accountName)}
            ${signedInAt !== undefined && texts.since(formatTime(language, signedInAt))}
          </p>
          <form method="post">
            <input type="hidden" name="ticket" value="${ticket}" />
            <h2>${texts.applications}</h2>
            ${clients.length === 0 && html`<p>${texts.noApplications}</p>`}
            <div class="actions">
              ${clients.map(({ id, name }) => html`<button class="secondary" name="client" value="${id}">${texts.leaveClient(name)}</button>`)}
            </div>
            <h2>${texts.signOut}</h2>
            <p>${texts.everywhereMeans}</p>
            <div class="actions">
              <button name="leave" value="here">${texts.leaveHere}</button>
              <button class="secondary" name="leave" value="everywhere">${texts.leaveEverywhere}</button>
            </div>
          </form>`,
      ),

    notSignedIn: () =>
      page(
        texts.notSignedIn,
        html`<h1>${texts.notSignedIn}</h1>
          <p>${texts.beginAtApplication}</p>`,
      ),

    error: ({ status, detail, requestId }: ErrorPage) =>
      page(
        texts.failures[status] ?? texts.failed,
        html`<h1>${texts.failures[status] ?? texts.failed}</h1>
          ${detail !== undefined && html`<p class="notice error" lang="en">${detail}</p>`}
          <p>${texts.goBack}</p>
          ${requestId !== undefined && html`<p class="fine">${texts.reference} <code>${requestId}</code></p>`}
          ${endSessionPath !== undefined && html`<footer class="fine"><a href="${endSessionPath}">${texts.signOut}</a></footer>`}`,
      ),
  }
}

function formatTime(language: Language, seconds: number): string {
  const format = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' } as const
  return `${new Intl.DateTimeFormat(language, format).format(seconds * 1000)} UTC`
}

function renderNotices(texts: PageTexts, notices: readonly Notice[]): Html[] {
  return notices.map((notice) => html`<p class="notice" data-notice="${notice}">${texts.notices[notice]}</p>`)
}

function renderUntold(texts: PageTexts, names: readonly string[]): Html | false {
  return names.length > 0 && html`<p class="notice">${texts.untold(names.join(', '))}</p>`
}
