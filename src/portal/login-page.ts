/** The login page: the ways to sign in as cards, the form for user name and password, messages and help. */
import { type Html, html } from '../pages/html.ts'
import { renderMarkdown } from '../pages/markdown.ts'
import { renderPage } from '../pages/page.ts'
import { stylesheet } from '../pages/style.ts'
import type { PortalProviderSettings, PortalSettings } from '../settings/settings.ts'
import { goIcon, renderIcon } from './icons.ts'
import type { Message } from './messages.ts'
import { withParameter } from './next.ts'
import { loginScript } from './scripts.ts'

export interface LoginView {
  readonly settings: PortalSettings
  /** Checked before: an address of the own origin. */
  readonly target: string
  readonly message?: Message | undefined
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
  const { settings, message, cards, form } = view
  const { loginAssistanceMessage, loginHelp } = settings
  const main = html`<h1>Log in</h1>
    ${loginAssistanceMessage !== undefined && html`<div class="assistance">${renderMarkdown(loginAssistanceMessage)}</div>`}
    ${message && renderMessage(message)}
    ${
      cards.length > 0 &&
      html`<ul class="choices">
        ${cards.map((provider) => renderCard(provider, view))}
      </ul>`
    }
    ${form && renderForm(form, view)}
    ${view.moreOptions && html`<p class="fine"><a href="${loginAddress(view)}">More login options</a></p>`}
    ${
      loginHelp !== undefined &&
      html`<details>
        <summary>Need help?</summary>
        ${renderMarkdown(loginHelp)}
      </details>`
    }`
  return renderPage({
    lang: 'en',
    title: 'Log in',
    main,
    stylesheet: settings.basePath + stylesheet.path,
    scripts: [settings.basePath + loginScript.path],
  })
}

/** Shown instead of the ways to sign in while the security API does not answer. */
export function renderAwayPage(settings: PortalSettings, target: string): string {
  const main = html`<h1>Cannot connect to the security API</h1>
    <p class="lead">Nobody can sign in while it does not answer. Try again in a moment.</p>
    <p class="actions"><a class="button" href="${loginAddress({ settings, target })}">Try again</a></p>`
  return renderPage({
    lang: 'en',
    title: 'Cannot connect',
    main,
    stylesheet: settings.basePath + stylesheet.path,
  })
}

function renderMessage({ kind, text }: Message): Html {
  if (kind === 'error')
    return html`<p class="notice error" role="alert" id="message" data-test-subj="loginErrorMessage">${text}</p>`
  return html`<p class="notice" role="status" data-test-subj="loginInfoMessage">${text}</p>`
}

function renderCard(provider: PortalProviderSettings, view: LoginView): Html {
  const { type, name, description, hint } = provider
  const address = `${view.settings.basePath}/login?auth_provider_hint=${encodeURIComponent(name)}`
  const starts = type === 'oidc'
  return html`<li>
    <a
      class="choice"
      href="${withParameter(address, 'next', view.target)}"
      data-start="${String(starts)}"
      data-test-subj="loginCard-${type}/${name}"
    >
      ${renderIcon(provider.icon ?? (starts ? undefined : 'key'))}
      <span><strong>${description}</strong>${hint !== undefined && html`<small>${hint}</small>`}</span>
      ${goIcon}</a
    >
  </li>`
}

function renderForm({ provider, username, hash }: FormView, { settings, target, message }: LoginView): Html {
  const wrong = message?.kind === 'error' && username !== undefined
  const described = wrong && html` aria-invalid="true" aria-describedby="message"`
  return html`<form method="post" action="${settings.basePath}/login" data-test-subj="loginForm">
    <input type="hidden" name="providerName" value="${provider.name}" />
    <input type="hidden" name="next" value="${target}" />
    <input type="hidden" name="auth_url_hash" value="${hash ?? ''}" />
    <label for="username">Username</label>
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
    <label for="password">Password</label>
    <div class="field">
      <input
        id="password"
        name="password"
        type="password"
        autocomplete="current-password"
        required${described}${username && html` autofocus`}
      />
      <button type="button" id="reveal" class="plain" aria-pressed="false" aria-controls="password" hidden>
        Show password
      </button>
    </div>
    <button type="submit">Log in</button>
  </form>`
}

function loginAddress({ settings, target }: Pick<LoginView, 'settings' | 'target'>): string {
  return withParameter(`${settings.basePath}/login`, 'next', target)
}
