/** "Where you are signed in": this user's sessions on the account page, and the buttons that end them. */
import { type Html, html } from '../pages/html.ts'
import type { SeenSession } from './session-records.ts'
import { MOST_SHOWN } from './session-records.ts'
import type { Texts } from './texts.ts'
import { renderTime } from './times.ts'
import type { VisitorOrigin } from './visitor-origin.ts'

/** Where the buttons post to, below the base path. */
export const END_SESSIONS = '/security/sessions/end'

/** @param here the session that the page is shown to */
export function renderSessions(here: string, seen: readonly SeenSession[], basePath: string, texts: Texts): Html {
  const { sessions } = texts
  // This one first, then those that were used last.
  const ordered = seen.toSorted(
    (a, b) => Number(b.current) - Number(a.current) || b.lastActivityAt - a.lastActivityAt || b.createdAt - a.createdAt,
  )
  return html`<section class="panel" aria-labelledby="sessions">
    <h2 id="sessions">${sessions.heading}</h2>
    <ul class="sessions" data-test-subj="account-sessions">
      ${ordered.map((session) => renderSession(session, basePath, texts))}
    </ul>
    ${seen.length >= MOST_SHOWN && html`<p class="muted small">${sessions.more}</p>`}
    <p class="muted small">${sessions.lead}</p>
    ${
      seen.length > 1 &&
      html`<form class="actions" method="post" action="${basePath}${END_SESSIONS}">
        <button class="secondary" name="others" value="${here}" data-test-subj="endOtherSessions">
          ${sessions.endOthers}
        </button>
      </form>`
    }
  </section>`
}

function renderSession(session: SeenSession, basePath: string, texts: Texts): Html {
  const { sessions, language } = texts
  const browser = nameOf(session.from, texts)
  return html`<li>
    <div>
      <p>
        <strong>${browser}</strong>
        ${session.current && html`<span class="tag">${sessions.thisBrowser}</span>`}
      </p>
      <p class="muted small">
        ${sessions.since} ${renderTime(session.createdAt, language)} · ${sessions.lastUsed}
        ${renderTime(session.lastActivityAt, language)}${session.from && html` · ${sessions.from} ${session.from.address}`}
      </p>
    </div>
    ${
      !session.current &&
      html`<form method="post" action="${basePath}${END_SESSIONS}">
        <button class="secondary" name="session" value="${session.id}" aria-label="${sessions.endNamed(browser)}">
          ${sessions.end}
        </button>
      </form>`
    }
  </li>`
}

function nameOf(from: VisitorOrigin | undefined, { sessions }: Texts): string {
  if (from === undefined || from.browser === '') return sessions.unknownBrowser
  return from.system === '' ? from.browser : sessions.browserOn(from.browser, from.system)
}
