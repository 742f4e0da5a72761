/** What the pages say, in each language. A further language is one more object of this shape. */
import type { Language } from '../pages/language.ts'
import type { MessageCode } from './messages.ts'
import type { ErrorCode } from './portal-error.ts'
import { ENGLISH } from './texts-english.ts'
import { GERMAN } from './texts-german.ts'

export interface Texts {
  readonly language: Language
  readonly logIn: string
  readonly logOut: string
  readonly tryAgain: string

  readonly login: {
    readonly username: string
    readonly password: string
    readonly showPassword: string
    readonly moreOptions: string
    readonly needHelp: string
    readonly wrongCredentials: string
    readonly notNow: string
    readonly noProviders: (host: string) => string
    readonly away: string
    readonly awayTitle: string
    readonly awayLead: string
    readonly insecure: string
    readonly insecureLead: string
    readonly noCookies: string
    readonly noCookiesLead: string
    readonly openWindow: string
  }
  readonly messages: Readonly<Record<MessageCode, string>>

  readonly errors: Readonly<Record<ErrorCode, { readonly heading: string; readonly sentence: string }>>
  readonly error: {
    readonly signOut: string
    readonly code: string
    readonly providerSaid: string
    readonly reference: string
    readonly time: string
  }

  readonly loggedOut: {
    readonly heading: string
    readonly otherHeading: string
    readonly closePage: string
    readonly receipt: string
    readonly session: string
    readonly sessionEnded: string
    readonly sessionNone: string
    readonly tokens: string
    readonly tokensEnded: string
    readonly tokensOtherwise: string
    readonly provider: string
    readonly providerAnswered: string
    readonly providerUnknown: string
    readonly brieflyEnded: (provider: string) => string
    readonly brieflyUnknown: string
  }
  readonly unauthenticatedLead: string
  readonly overwritten: {
    readonly heading: string
    readonly lead: string
    readonly continueAs: (username: string) => string
  }
  readonly agreement: { readonly heading: string; readonly acknowledge: string }
  readonly relay: { readonly title: string; readonly continue: string; readonly needsScript: string }

  readonly account: {
    readonly title: (name: string) => string
    readonly who: string
    readonly username: string
    readonly fullName: string
    readonly email: string
    readonly provider: string
    readonly realm: string
    readonly lookupRealm: string
    readonly authentication: string
    readonly account: string
    readonly enabled: string
    readonly disabled: string
    readonly groups: string
    readonly roles: string
    readonly noRoles: string
    readonly claims: string
    readonly metadata: string
    readonly session: string
    readonly signedIn: string
    readonly idleEnd: string
    readonly lifespanEnd: string
    readonly ends: string
    readonly endsWithBrowser: string
    readonly stay: string
  }
  readonly sessions: {
    readonly heading: string
    readonly lead: string
    readonly thisBrowser: string
    readonly since: string
    readonly lastUsed: string
    readonly from: string
    readonly unknownBrowser: string
    readonly browserOn: (browser: string, system: string) => string
    readonly end: string
    readonly endNamed: (browser: string) => string
    readonly endOthers: string
    readonly more: string
  }
  readonly timeout: {
    readonly heading: string
    readonly idle: string
    readonly lifespan: string
    readonly stay: string
  }
}

const TEXTS: Readonly<Record<Language, Texts>> = { en: ENGLISH, de: GERMAN }

export function textsOf(language: Language): Texts {
  return TEXTS[language]
}
