/**
 * The one style sheet of all pages. Colours are named by their job and given twice, for light and for dark; text has a
 * contrast of at least 4.5 : 1 on its ground, lines of controls and the focus ring at least 3 : 1 (WCAG 2.2 §1.4.3,
 * §1.4.11, §2.4.13). Targets are at least 44 px high, widths are fluid down to 320 px.
 */
import { buildPageFile } from './page-file.ts'

const content = `:root {
  color-scheme: light dark;
  --ground: #f4f3ef;
  --surface: #ffffff;
  --sunken: #f7f6f3;
  --line: #e1dfd8;
  --edge: #85827a;
  --text: #1d1f1e;
  --muted: #5c5e5a;
  --accent: #0d6a5a;
  --accent-strong: #094f43;
  --on-accent: #ffffff;
  --info: #e7f2ef;
  --error: #a3261d;
  --error-ground: #fcedeb;
  --shadow: 0 1px 2px rgb(29 31 30 / 6%), 0 12px 32px -12px rgb(29 31 30 / 14%);
  --round: 0.625rem;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121514;
    --surface: #1b1f1e;
    --sunken: #222726;
    --line: #303635;
    --edge: #7d8583;
    --text: #eceeed;
    --muted: #a7aeab;
    --accent: #63cfb8;
    --accent-strong: #8fe0ce;
    --on-accent: #0c1a17;
    --info: #1a302b;
    --error: #ffaea6;
    --error-ground: #3a1f1c;
    --shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 12px 32px -12px rgb(0 0 0 / 60%);
  }
}

*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  min-height: 100vh;
  min-height: 100dvh;
  display: flex;
  flex-direction: column;
  align-items: center;
  gap: 1.5rem;
  padding: clamp(1.25rem, 8vh, 5.5rem) 1rem 2.5rem;
  background: var(--ground);
  color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif;
  overflow-wrap: break-word;
}
body.wide { padding-top: clamp(1.25rem, 4vh, 2.5rem); }

/* The frame */
.brand { display: flex; align-items: center; gap: 0.5rem; width: 100%; max-width: 27rem; color: var(--muted); font-size: 0.9375rem; font-weight: 600; letter-spacing: 0.01em; }
.brand svg { width: 1.375rem; height: 1.375rem; color: var(--accent); flex: none; }
.wide .brand { max-width: 46rem; }
main { width: 100%; max-width: 27rem; }
.wide main { max-width: 46rem; }
.card main, .panel {
  background: var(--surface);
  border: 1px solid var(--line);
  border-radius: calc(var(--round) * 1.4);
  box-shadow: var(--shadow);
}
.card main { padding: clamp(1.25rem, 6vw, 2rem); }
.panel { padding: clamp(1.125rem, 4vw, 1.625rem); margin: 0 0 1.25rem; }

/* Text */
h1 { margin: 0 0 1.25rem; font-size: clamp(1.1875rem, 5.5vw, 1.5rem); line-height: 1.25; font-weight: 650; letter-spacing: -0.012em; text-wrap: balance; hyphens: auto; }
h2 { margin: 0 0 0.875rem; font-size: 1.0625rem; line-height: 1.35; font-weight: 650; }
.actions + h2 { margin-top: 2rem; }
:where(h1) + p:not(.notice) { margin-top: -0.75rem; }
p { margin: 0 0 1rem; }
p:last-child { margin-bottom: 0; }
.lead, .muted { color: var(--muted); }
small, .small { font-size: 0.875rem; }
a { color: var(--accent); text-underline-offset: 0.16em; text-decoration-thickness: from-font; }
a:hover { color: var(--accent-strong); }
strong { font-weight: 650; }
code { font: 0.9em/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; overflow-wrap: anywhere; }
ul { margin: 0 0 1rem; padding-left: 1.25rem; }
hr { border: 0; border-top: 1px solid var(--line); margin: 1.5rem 0; }

/* Focus is always seen */
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 0.25rem; }
main:focus { outline: none; }

/* Forms */
form { margin: 0; }
form + form { margin-top: 0.75rem; }
label { display: block; margin: 0 0 0.375rem; font-size: 0.9375rem; font-weight: 600; }
input:not([type=checkbox], [type=radio], [type=hidden]) {
  display: block;
  width: 100%;
  min-height: 2.75rem;
  margin: 0 0 1.125rem;
  padding: 0.5rem 0.75rem;
  font: inherit;
  color: inherit;
  background: var(--surface);
  border: 1px solid var(--edge);
  border-radius: var(--round);
}
input:not([type=checkbox], [type=radio]):focus-visible { outline-offset: 0; border-color: var(--accent); border-radius: var(--round); }
input[aria-invalid=true] { border-color: var(--error); }
input[type=checkbox], input[type=radio] { width: 1.25rem; height: 1.25rem; accent-color: var(--accent); vertical-align: -0.25rem; }

button, .button {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  min-height: 2.75rem;
  padding: 0.5rem 1.125rem;
  font: inherit;
  font-weight: 600;
  line-height: 1.3;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
  color: var(--on-accent);
  background: var(--accent);
  border: 1px solid transparent;
  border-radius: var(--round);
  transition: background-color 120ms ease, border-color 120ms ease;
}
button:hover, .button:hover { color: var(--on-accent); background: var(--accent-strong); }
button.secondary, .button.secondary { color: var(--text); background: transparent; border-color: var(--edge); }
button.secondary:hover, .button.secondary:hover { color: var(--text); background: var(--sunken); border-color: var(--text); }
button:focus-visible, .button:focus-visible { border-radius: var(--round); }
button.plain { min-height: 1.75rem; padding: 0 0.25rem; font-size: 0.875rem; color: var(--accent); background: transparent; }
button.plain:hover { color: var(--accent-strong); background: transparent; text-decoration: underline; }
[hidden] { display: none !important; }
.field { position: relative; }
.field > button.plain { position: absolute; right: -0.25rem; bottom: calc(100% + 0.25rem); }
.card form > button:only-of-type { width: 100%; }

.actions { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 1.5rem 0 0; }
.actions > *, .actions form { margin: 0; flex: 0 1 auto; }
.card .actions > * { flex: 1 1 auto; }
.card .actions form > button { width: 100%; }

/* Messages */
.assistance { margin-bottom: 1.25rem; }
.notice {
  margin: 0 0 1.25rem;
  padding: 0.75rem 0.875rem;
  font-size: 0.9375rem;
  background: var(--info);
  border-left: 3px solid var(--accent);
  border-radius: 0.375rem;
}
/* Said while one reads: it stays in sight, and what has the focus is not below it. */
html:has(#session-note:not([hidden])) { scroll-padding-bottom: 7rem; }
#session-note { position: sticky; bottom: 1rem; margin: 0; border: 1px solid var(--accent); border-left-width: 3px; box-shadow: var(--shadow); }
.notice.error { background: var(--error-ground); border-left-color: var(--error); color: var(--error); }

/* Facts: a name and what it is */
dl.facts { display: grid; grid-template-columns: minmax(7rem, 11rem) minmax(0, 1fr); gap: 0.625rem 1.25rem; margin: 0 0 1rem; }
dl.facts:last-child { margin-bottom: 0; }
dl.facts dt { color: var(--muted); font-size: 0.9375rem; }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
.card dl.facts { grid-template-columns: max-content minmax(0, 1fr); gap: 0.375rem 1.25rem; }
.fine dl.facts dt { font-size: inherit; }
dl.facts ul { list-style: none; margin: 0; padding: 0; }
@media (max-width: 30rem) {
  .wide dl.facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .wide dl.facts dd:not(:last-child) { margin-bottom: 0.75rem; }
}

/* Short names side by side */
ul.names { display: flex; flex-wrap: wrap; gap: 0.5rem; list-style: none; margin: 0; padding: 0; }
ul.names li { max-width: 100%; padding: 0.1875rem 0.6875rem; font-size: 0.9375rem; background: var(--sunken); border: 1px solid var(--line); border-radius: 1rem; overflow-wrap: anywhere; }

/* Ways to sign in */
ul.choices { list-style: none; margin: 0 0 1.25rem; padding: 0; display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.75rem; }
ul.choices:last-child { margin-bottom: 0; }
.choice {
  display: flex;
  align-items: center;
  gap: 0.875rem;
  min-height: 3.5rem;
  padding: 0.75rem 1rem;
  color: var(--text);
  text-decoration: none;
  background: var(--surface);
  border: 1px solid var(--edge);
  border-radius: var(--round);
  transition: background-color 120ms ease, border-color 120ms ease;
}
.choice:hover { color: var(--text); background: var(--sunken); border-color: var(--accent); }
.choice:focus-visible { border-radius: var(--round); }
.choice[aria-busy=true] { border-color: var(--accent); background: var(--info); }
.choice > span { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.choice strong, .choice small { display: block; }
.choice strong { line-height: 1.35; text-wrap: balance; }
.choice small { color: var(--muted); }
.choice svg, .choice img { width: 1.5rem; height: 1.5rem; flex: none; color: var(--accent); object-fit: contain; }
.choice .symbol { width: 1.5rem; flex: none; }
.choice .go { width: 1.125rem; height: 1.125rem; color: var(--muted); }

ul.choices.many { gap: 0; overflow: clip; border: 1px solid var(--edge); border-radius: var(--round); }
.many li + li { border-top: 1px solid var(--line); }
.many .choice { min-height: 3rem; padding: 0.5rem 1rem; border: 0; border-radius: 0; }
.many .choice strong { font-size: 0.9375rem; }
.many .choice:hover .go, .many .choice[aria-busy=true] .go { color: var(--accent); }
.many .choice:focus-visible { outline-offset: -3px; border-radius: var(--round); }

/* Sessions: what each is, and the button that ends it */
ul.sessions { list-style: none; margin: 0 0 1rem; padding: 0; }
ul.sessions li { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1rem; padding: 0.75rem 0; border-top: 1px solid var(--line); }
ul.sessions li:first-child { padding-top: 0; border-top: 0; }
ul.sessions li > div { flex: 1 1 16rem; min-width: 0; }
ul.sessions p { margin: 0; overflow-wrap: anywhere; }
ul.sessions strong { margin-right: 0.375rem; }
.tag { display: inline-block; padding: 0 0.5rem; font-size: 0.8125rem; background: var(--info); border-radius: 1rem; }

/* What a sign-out has ended */
.receipt { margin: 1.75rem 0 0; padding: 1.25rem 0 0; border-top: 1px solid var(--line); }
.receipt dl { margin: 0; }
.receipt dt { font-weight: 600; font-size: 0.9375rem; }
.receipt dd { margin: 0 0 0.75rem; color: var(--muted); font-size: 0.9375rem; }
.receipt dd:last-child { margin-bottom: 0; }

/* A text to be read and acknowledged */
.agreement { max-height: 50vh; overflow: auto; margin: 0 0 1.25rem; padding: 0.75rem 0.875rem; background: var(--sunken); border: 1px solid var(--line); border-radius: var(--round); }

dialog { max-width: min(26rem, calc(100vw - 2rem)); padding: 1.5rem; color: inherit; background: var(--surface); border: 1px solid var(--line); border-radius: calc(var(--round) * 1.4); box-shadow: var(--shadow); }
dialog::backdrop { background: rgb(0 0 0 / 45%); }

details { margin: 1.5rem 0 0; }
summary { min-height: 1.75rem; width: fit-content; color: var(--accent); font-weight: 600; cursor: pointer; }
details[open] > summary { margin-bottom: 0.5rem; }

/* The head of a wide page: who it is about, and what can be done */
.masthead { display: flex; flex-wrap: wrap; align-items: center; gap: 1rem; margin: 0 0 1.5rem; }
.masthead > div { flex: 1 1 12rem; min-width: 0; }
.masthead h1 { margin: 0; overflow-wrap: anywhere; }
.masthead p { margin: 0; color: var(--muted); overflow-wrap: anywhere; }
.initial { display: grid; place-items: center; flex: none; width: 3.25rem; height: 3.25rem; font-size: 1.375rem; font-weight: 650; color: var(--on-accent); background: var(--accent); border-radius: 50%; }

.fine { margin: 1.5rem 0 0; color: var(--muted); font-size: 0.875rem; }
footer.fine { padding-top: 1rem; border-top: 1px solid var(--line); }
footer.fine dl { margin: 0; }

@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { transition: none !important; animation: none !important; }
}
@media (forced-colors: active) {
  .card main, .panel, .choice, .notice { border: 1px solid; }
}
@media print {
  body { background: none; padding: 0; }
  .actions { display: none; }
}
`

export const stylesheet = buildPageFile('ostiary', 'css', content)
