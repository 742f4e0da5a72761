import type { Texts } from './texts.ts'

const HEADING = 'We hit an authentication error'
const OTHER_TAB = 'Cookies may be switched off, or the sign-in began in another browser or in a tab that was left open.'

export const ENGLISH: Texts = {
  language: 'en',
  logIn: 'Log in',
  logOut: 'Log out',
  tryAgain: 'Try again',

  login: {
    username: 'Username',
    password: 'Password',
    showPassword: 'Show password',
    moreOptions: 'More login options',
    needHelp: 'Need help?',
    wrongCredentials: 'Username or password is incorrect. Please try again.',
    notNow: "We couldn't log you in. Please try again.",
    noProviders: (host) => `No authentication providers have been configured for this origin (${host}).`,
    away: 'Cannot connect to the security API',
    awayTitle: 'Cannot connect',
    awayLead: 'Nobody can sign in while it does not answer. Try again in a moment.',
    insecure: 'A secure connection is required for log in',
    insecureLead: 'Contact your administrator, or open this page with https.',
    noCookies: 'Cookies are required to log in',
    noCookiesLead: 'Enable cookies in your browser settings to continue.',
    openWindow: 'Open in new window',
  },
  messages: {
    SESSION_EXPIRED: 'Your session has timed out. Please log in again.',
    SESSION_IDLE_TIMEOUT: 'Your session has timed out due to inactivity. Please log in again.',
    SESSION_LIFESPAN_TIMEOUT: 'Your session has reached its maximum duration. Please log in again.',
    CONCURRENCY_LIMIT: 'You have logged in on another device. Please log in again.',
    AUTHENTICATION_ERROR: 'An unexpected authentication error occurred. Please log in again.',
    LOGGED_OUT: 'You have logged out.',
    UNAUTHENTICATED:
      'We hit an authentication error. Try logging in again, and if the problem persists, contact your administrator.',
  },

  errors: {
    bad_request: {
      heading: 'That request makes no sense',
      sentence: 'Something is missing in the address or in the form, or is there twice.',
    },
    unauthenticated: {
      heading: HEADING,
      sentence: 'You are not signed in, and a sign-in cannot start from here.',
    },
    no_cookie: {
      heading: HEADING,
      sentence: `This browser sent no cookie of ours with the answer to the sign-in. ${OTHER_TAB}`,
    },
    several_cookies: {
      heading: HEADING,
      sentence:
        'This browser sent several cookies that contradict each other. Remove the cookies of this site and sign in again.',
    },
    handshake_missing: {
      heading: HEADING,
      sentence: `This sign-in is not known here, or was finished before. ${OTHER_TAB}`,
    },
    handshake_expired: {
      heading: HEADING,
      sentence: 'This sign-in began more than an hour ago, perhaps in an old tab.',
    },
    op_error: { heading: HEADING, sentence: 'The identity provider did not complete the sign-in.' },
    rejected: { heading: HEADING, sentence: 'The answer of the identity provider was not accepted.' },
    realm_changed: { heading: HEADING, sentence: 'The settings of this way to sign in were changed meanwhile.' },
    unknown_issuer: { heading: HEADING, sentence: 'The identity provider that sent you is not known here.' },
    forbidden: { heading: 'That is not allowed', sentence: 'Your roles do not give you the privilege for it.' },
    cross_site_form: {
      heading: 'That form came from elsewhere',
      sentence: 'Forms are accepted from our own pages only.',
    },
    not_found: { heading: 'Page not found', sentence: 'There is nothing at this address.' },
    method_not_allowed: {
      heading: 'That is not possible here',
      sentence: 'This address does not take that kind of request.',
    },
    too_large: { heading: 'That is too much', sentence: 'The request is larger than what is accepted here.' },
    too_many_attempts: {
      heading: 'Too many attempts',
      sentence:
        'Several sign-ins were started within a minute and none came to its end. Wait a minute, then try again.',
    },
    server_error: {
      heading: 'Something went wrong',
      sentence: 'The fault is ours. If it persists, tell your administrator the reference below.',
    },
    logout_failed: {
      heading: 'You are signed out here only',
      sentence:
        'Your session here has ended, but the sign-out could not be passed on. You may still be signed in at the identity provider, and the API tokens of the session end by themselves, within their own time.',
    },
    portal_credentials: {
      heading: 'Signing in is not possible now',
      sentence: 'The portal is not set up correctly. Your administrator finds the reason in the log.',
    },
    unavailable: {
      heading: 'Signing in is not possible now',
      sentence: 'A part that is needed does not answer. Try again in a moment.',
    },
  },
  error: {
    signOut: 'Sign out',
    code: 'Code',
    providerSaid: 'Provider said',
    reference: 'Reference',
    time: 'Time',
  },

  loggedOut: {
    heading: 'Successfully logged out',
    otherHeading: 'You are logged out',
    closePage: 'You can close this page.',
    receipt: 'What has ended',
    session: 'Session in this browser',
    sessionEnded: 'Ended. Its cookie opens nothing any more.',
    sessionNone: 'None is left.',
    tokens: 'API tokens',
    tokensEnded: 'Ended, both of them.',
    tokensOtherwise:
      'A sign-out ends them at once. Those of a session that ran out, or was ended elsewhere, end by themselves within their own time.',
    provider: 'Identity provider',
    providerAnswered:
      'It took the sign-out and sent you back. Unless you chose to stay signed in there, you are signed out there too.',
    providerUnknown:
      'Not known. If one signed you in, you may still be signed in there: no answer to a sign-out came with this page. Perhaps it takes none, does not say which one it answers, or this page was loaded again.',
    brieflyEnded: (provider) =>
      `The session in this browser and both API tokens have ended. ${provider} took the sign-out; unless you chose to stay signed in there, you are signed out there too.`,
    brieflyUnknown: 'If an identity provider signed you in, you may still be signed in there.',
  },
  unauthenticatedLead: 'Try logging in again, and if the problem persists, contact your administrator.',
  overwritten: {
    heading: 'You previously logged in as a different user.',
    lead: 'The former session in this browser has ended.',
    continueAs: (username) => `Continue as ${username}`,
  },
  agreement: { heading: 'Access agreement', acknowledge: 'Acknowledge and continue' },
  relay: {
    title: 'One moment',
    continue: 'Continue',
    needsScript: 'This way to sign in needs JavaScript. Switch it on for this site and load the page again.',
  },

  account: {
    title: (name) => `${name}: account`,
    who: 'Who you are',
    username: 'Username',
    fullName: 'Full name',
    email: 'E-mail',
    provider: 'Provider',
    realm: 'Realm',
    lookupRealm: 'Account from realm',
    authentication: 'Authentication',
    account: 'Account',
    enabled: 'Enabled',
    disabled: 'Disabled',
    groups: 'Groups',
    roles: 'Roles',
    noRoles: 'No role is assigned to you; ask your administrator.',
    claims: 'Claims',
    metadata: 'Metadata',
    session: 'Session',
    signedIn: 'Signed in',
    idleEnd: 'Ends without activity',
    lifespanEnd: 'Ends at the latest',
    ends: 'Ends',
    endsWithBrowser: 'When you log out or close the browser',
    stay: 'Stay logged in',
  },
  sessions: {
    heading: 'Where you are signed in',
    lead: 'A session that you end here stops working at once. The tokens it holds end by themselves, within their own time.',
    thisBrowser: 'This browser',
    since: 'Since',
    lastUsed: 'last used',
    from: 'from',
    unknownBrowser: 'Unknown browser',
    browserOn: (browser, system) => `${browser} on ${system}`,
    end: 'End',
    endNamed: (browser) => `End the session of ${browser}`,
    endOthers: 'End all others',
    more: 'There are more, which are not shown.',
  },
  timeout: {
    heading: 'Session timeout',
    idle: 'You will be logged out due to inactivity',
    lifespan: 'Your session reaches its maximum duration. You will have to log in again',
    stay: 'Stay logged in',
  },
}
