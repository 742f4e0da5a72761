/** The login page: the ways to sign in as cards, the form for user name and password, messages and help. */
import { type Html, html } from '../pages/html.ts'
import { renderMarkdown } from '../pages/markdown.ts'
import { renderPage } from '../pages/page.ts'
import { onceScript } from '../pages/once-script.ts'
import { stylesheet } from '../pages/style.ts'
import type { PortalProviderSettings, PortalSettings } from '../settings/settings.ts'
import { goIcon, renderIcon } from './icons.ts'
import type { Message } from './messages.ts'
import { withParameter } from './next.ts'
import { loginScript } from './scripts.ts'
import type { Texts } from './texts.ts'

/** More cards than this stand close together, so that they are seen at a glance. */
const MANY = 6

export interface LoginView {
  readonly settings: PortalSettings
  readonly texts: Texts
  /** The `Host` that was asked for. */
  readonly host: string
  /** Checked before: an address of the own origin. */
  readonly target: string
  readonly message?: Message | undefined
  /** What else is known after a sign-out. */
  readonly told?: string | undefined
  readonly cards: readonly PortalProviderSettings[]
  /** The provider whose form is shown. */
  readonly form?: FormView | undefined
  /** Leads back from the form to the cards. */
  readonly moreOptions?: boolean
}

export interface FormView {
  readonly provider: PortalProviderSettings
  /** As typed before. */
  readonly username?: string
  readonly hash?: string
}

export function renderLoginPage(view: LoginView): string {
  const { settings, texts, message, cards, form } = view
  const { loginAssistanceMessage, loginHelp } = settings
  const main = html`<h1
      id="login-page"
      data-secure="${String(settings.secureCookies)}"
      data-channel="${settings.basePath}/session_timeout"
      data-again="${loginAddress(view)}"
    >
      ${texts.logIn}
    </h1>
    ${renderBlocks(view)}
    ${loginAssistanceMessage !== undefined && html`<div class="assistance">${renderMarkdown(loginAssistanceMessage)}</div>`}
    ${message && renderMessage(message)} ${view.told !== undefined && html`<p class="muted small">${view.told}</p>`}
    ${
      // The script takes away what is offered on origins of another scheme, which the server cannot tell.
      form === undefined &&
      cards.every(({ origins }) => origins.length > 0) &&
      html`<p id="no-providers" class="notice error" role="alert" ${cards.length > 0 && html` hidden`}>
        ${texts.login.noProviders(view.host)}
      </p>`
    }
    ${
      cards.length > 0 &&
      html`<ul class="choices${cards.length > MANY ? ' many' : ''}" data-way-in>
        ${cards.map((provider) => renderCard(provider, view))}
      </ul>`
    }
    ${form && renderForm(form, view)}
    ${view.moreOptions && html`<p class="fine" data-way-in><a href="${loginAddress(view)}">${texts.login.moreOptions}</a></p>`}
    ${
      loginHelp !== undefined &&
      html`<details>
        <summary>${texts.login.needHelp}</summary>
        ${renderMarkdown(loginHelp)}
      </details>`
    }`
  return renderPage({
    lang: texts.language,
    title: texts.logIn,
    main,
    stylesheet: settings.basePath + stylesheet.path,
    scripts: [onceScript, loginScript].map(({ path }) => settings.basePath + path),
  })
}

/** Shown instead of the ways to sign in while the security API does not answer. */
export function renderAwayPage(settings: PortalSettings, target: string, texts: Texts): string {
  const main = html`<h1>${texts.login.away}</h1>
    <p class="lead">${texts.login.awayLead}</p>
    <p class="actions"><a class="button" href="${loginAddress({ settings, target })}">${texts.tryAgain}</a></p>`
  return renderPage({
    lang: texts.language,
    title: texts.login.awayTitle,
    main,
    stylesheet: settings.basePath + stylesheet.path,
  })
}

/** What keeps people from signing in, for the script to show: only the browser knows. */
function renderBlocks({ settings, target, texts: { login } }: LoginView): Html {
  return html`<div id="insecure" class="notice error" role="alert" hidden>
      <p><strong>${login.insecure}</strong></p>
      <p>${login.insecureLead}</p>
    </div>
    <div id="no-cookies" class="notice error" role="alert" hidden>
      <p><strong>${login.noCookies}</strong></p>
      <p>${login.noCookiesLead}</p>
    </div>
    <p id="open-window" class="actions" hidden>
      <a class="button" href="${loginAddress({ settings, target })}" target="_blank" rel="noopener"
        >${login.openWindow}</a
      >
    </p>`
}

function renderMessage({ kind, text }: Message): Html {
  if (kind === 'error')
    return html`<p class="notice error" role="alert" id="message" data-test-subj="loginErrorMessage">${text}</p>`
  return html`<p class="notice" role="status" data-test-subj="loginInfoMessage">${text}</p>`
}

function renderCard(provider: PortalProviderSettings, view: LoginView): Html {
  const { type, name, description, hint, origins } = provider
  const address = `${view.settings.basePath}/login?auth_provider_hint=${encodeURIComponent(name)}`
  const starts = type === 'oidc'
  return html`<li>
    <a
      class="choice"
      href="${withParameter(address, 'next', view.target)}"
      data-start="${String(starts)}"
      ${origins.length > 0 && html` data-origins="${origins.join(' ')}"`}
      data-test-subj="loginCard-${type}/${name}"
    >
      ${iconOf(provider) ?? (view.cards.some((card) => iconOf(card) !== undefined) && html`<i class="symbol"></i>`)}
      <span><strong>${description}</strong>${hint !== undefined && html`<small>${hint}</small>`}</span>
      ${goIcon}</a
    >
  </li>`
}

/** Where some cards have one, the titles of the others stand below theirs. */
function iconOf({ icon, type }: PortalProviderSettings): Html | undefined {
  return renderIcon(icon ?? (type === 'oidc' ? undefined : 'key'))
}

function renderForm({ provider, username, hash }: FormView, { settings, texts, target, message }: LoginView): Html {
  const wrong = message?.kind === 'error' && username !== undefined
  const described = wrong && html` aria-invalid="true" aria-describedby="message"`
  return html`<form method="post" action="${settings.basePath}/login" data-test-subj="loginForm" data-way-in>
    <input type="hidden" name="providerName" value="${provider.name}" />
    <input type="hidden" name="next" value="${target}" />
    <input type="hidden" name="auth_url_hash" value="${hash ?? ''}" />
    <label for="username">${texts.login.username}</label>
    <input
      id="username"
      name="username"
      type="text"
      value="${username ?? ''}"
      autocomplete="username"
      autocapitalize="none"
      spellcheck="false"
      required${described}${!username && html` autofocus`}
    />
    <label for="password">${texts.login.password}</label>
    <div class="field">
      <input
        id="password"
        name="password"
        type="password"
        autocomplete="current-password"
        required${described}${username && html` autofocus`}
      />
      <button type="button" id="reveal" class="plain" aria-pressed="false" aria-controls="password" hidden>
        ${texts.login.showPassword}
      </button>
    </div>
    <button type="submit">${texts.logIn}</button>
  </form>`
}

function loginAddress({ settings, target }: Pick<LoginView, 'settings' | 'target'>): string {
  return withParameter(`${settings.basePath}/login`, 'next', target)
}
