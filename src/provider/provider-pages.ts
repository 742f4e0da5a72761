/**
 * The pages of the provider. Each works without script; every text from outside is escaped by `html`.
 */
import { type Html, html } from '../pages/html.ts'
import { renderPage } from '../pages/page.ts'
import { stylesheet } from '../pages/style.ts'
import type { HintClient, Notice } from './end-session-decision.ts'
import { submitScript } from './submit-script.ts'

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
  readonly ticket: string
}

export interface SignOutPage {
  readonly ticket: string
  readonly client: HintClient | undefined
  readonly notices: readonly Notice[]
}

export interface ErrorPage {
  readonly status: number
  /** For the reader; nothing secret. */
  readonly detail?: string | undefined
  readonly requestId?: string
}

export type ProviderPages = ReturnType<typeof createProviderPages>

/** @param parts.endSessionPath where the forms of a sign-out go; `undefined` if that is switched off */
export function createProviderPages({ endSessionPath }: { endSessionPath: string | undefined }) {
  const page = (title: string, main: Html, scripts: readonly string[] = []) =>
    renderPage({ lang: 'en', title, main, stylesheet: stylesheet.path, scripts })
  const confirmPath = `${endSessionPath}/confirm`

  return {
    login: ({ clientName, ticket, username, fault }: LoginPage) =>
      page(
        'Sign in',
        html`<h1>Sign in</h1>
          <p class="lead">to continue to <strong>${clientName}</strong></p>
          ${fault !== undefined && html`<p class="notice error" role="alert">${fault}</p>`}
          <form method="post">
            <input type="hidden" name="ticket" value="${ticket}" />
            <label for="username">Username</label>
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
            <label for="password">Password</label>
            <input
              id="password"
              name="password"
              type="password"
              autocomplete="current-password"
              maxlength="1024"
              required
            />
            <div class="actions">
              <button name="answer" value="login">Sign in</button>
              <button class="secondary" name="answer" value="cancel" formnovalidate>Cancel</button>
            </div>
          </form>`,
      ),

    consent: ({ clientName, host, accountName, scopes, ticket }: ConsentPage) =>
      page(
        'Allow access',
        html`<h1>Allow access?</h1>
          <p>
            <strong>${clientName}</strong> at <strong>${host}</strong> asks to know about you,
            <strong>${accountName}</strong>:
          </p>
          <ul>
            ${scopes.map((scope) => html`<li>${SCOPES[scope] ?? scope}</li>`)}
          </ul>
          <form method="post">
            <input type="hidden" name="ticket" value="${ticket}" />
            <div class="actions">
              <button name="answer" value="allow">Allow</button>
              <button class="secondary" name="answer" value="cancel">Cancel</button>
            </div>
          </form>`,
      ),

    confirm: ({ ticket, client, notices, accountName }: SignOutPage & { accountName: string }) =>
      page(
        'Sign out',
        html`<h1>Sign out?</h1>
          <p>You are signed in as <strong>${accountName}</strong>.</p>
          ${client !== undefined && html`<p><strong>${client.name}</strong> asks to sign you out, here and everywhere you signed in with this account.</p>`}
          ${renderNotices(notices)}
          <form method="post" action="${confirmPath}">
            <input type="hidden" name="ticket" value="${ticket}" />
            <div class="actions">
              <button name="logout" value="yes">Yes, sign me out</button>
              <button class="secondary" name="logout" value="no">No, stay signed in</button>
            </div>
          </form>`,
      ),

    /** Nobody is signed in, and there is somewhere to go back to: the form sends itself. */
    continue: ({ ticket, client, notices }: SignOutPage) =>
      page(
        'You are signed out',
        html`<h1>You are not signed in</h1>
          ${renderNotices(notices)}
          <form method="post" action="${confirmPath}">
            <input type="hidden" name="ticket" value="${ticket}" />
            <input type="hidden" name="logout" value="yes" />
            <button>Continue to ${client?.name}</button>
          </form>`,
        [submitScript.path],
      ),

    signedOut: (notices: readonly Notice[] = []) =>
      page(
        'You are signed out',
        html`<h1>You are signed out</h1>
          ${renderNotices(notices)}
          <p>Nobody is signed in here with this browser. You can close this page.</p>`,
      ),

    stayed: () =>
      page(
        'You are still signed in',
        html`<h1>You are still signed in</h1>
          <p>Nothing else has changed. You can close this page.</p>`,
      ),

    error: ({ status, detail, requestId }: ErrorPage) =>
      page(
        HEADLINES[status] ?? 'This did not work',
        html`<h1>${HEADLINES[status] ?? 'This did not work'}</h1>
          ${detail !== undefined && html`<p class="notice error">${detail}</p>`}
          <p>Go back to the application and try again.</p>
          ${requestId !== undefined && html`<p class="fine">Reference for support: <code>${requestId}</code></p>`}
          ${endSessionPath !== undefined && html`<footer class="fine"><a href="${endSessionPath}">Sign out</a></footer>`}`,
      ),
  }
}

const HEADLINES: Readonly<Record<number, string>> = {
  404: 'There is nothing here',
  500: 'Something went wrong on our side',
  503: 'This is not available at the moment',
}

const SCOPES: Readonly<Record<string, string>> = {
  openid: 'who you are',
  profile: 'your name and profile',
  email: 'your e-mail address',
  address: 'your postal address',
  phone: 'your telephone number',
  groups: 'the groups you belong to',
  offline_access: 'all this while you are not signed in, too',
}

const NOTICES: Readonly<Record<Notice, string>> = {
  id_token_hint_unusable: 'The application did not prove who it is, so we do not name it.',
  access_token_hint_unusable: 'The application sent an access token that we do not know.',
  hints_disagree: 'The application contradicts itself about who is to be signed out.',
  client_id_mismatch: 'The application gave the name of another application.',
  redirect_ignored: 'You will not be led back to the application: it did not register the address it gave.',
  other_user: 'The application asked about another person than the one who is signed in here.',
  other_session: 'The application asked about another session than the one in this browser.',
}

function renderNotices(notices: readonly Notice[]): Html[] {
  return notices.map((notice) => html`<p class="notice" data-notice="${notice}">${NOTICES[notice]}</p>`)
}
