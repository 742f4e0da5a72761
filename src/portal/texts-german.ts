import type { Texts } from './texts.ts'

const HEADING = 'Bei der Anmeldung ist ein Fehler aufgetreten'
const OTHER_TAB =
  'Vielleicht sind Cookies abgeschaltet, oder die Anmeldung begann in einem anderen Browser oder in einem alten Tab.'

export const GERMAN: Texts = {
  language: 'de',
  logIn: 'Anmelden',
  logOut: 'Abmelden',
  tryAgain: 'Erneut versuchen',

  login: {
    username: 'Benutzername',
    password: 'Passwort',
    showPassword: 'Passwort zeigen',
    moreOptions: 'Andere Anmeldewege',
    needHelp: 'Brauchen Sie Hilfe?',
    wrongCredentials: 'Benutzername oder Passwort ist falsch. Bitte versuchen Sie es erneut.',
    notNow: 'Die Anmeldung ist nicht gelungen. Bitte versuchen Sie es erneut.',
    noProviders: (host) => `Für diese Adresse (${host}) ist kein Anmeldeweg eingerichtet.`,
    away: 'Keine Verbindung zur Sicherheits-API',
    awayTitle: 'Keine Verbindung',
    awayLead: 'Solange sie nicht antwortet, kann sich niemand anmelden. Versuchen Sie es gleich noch einmal.',
    insecure: 'Zum Anmelden ist eine sichere Verbindung nötig',
    insecureLead: 'Öffnen Sie diese Seite mit https, oder wenden Sie sich an Ihre Administration.',
    noCookies: 'Zum Anmelden sind Cookies nötig',
    noCookiesLead: 'Erlauben Sie Cookies in den Einstellungen Ihres Browsers, um fortzufahren.',
    openWindow: 'In neuem Fenster öffnen',
  },
  messages: {
    SESSION_EXPIRED: 'Ihre Sitzung ist abgelaufen. Bitte melden Sie sich erneut an.',
    SESSION_IDLE_TIMEOUT: 'Ihre Sitzung ist wegen Untätigkeit abgelaufen. Bitte melden Sie sich erneut an.',
    SESSION_LIFESPAN_TIMEOUT: 'Ihre Sitzung hat ihre Höchstdauer erreicht. Bitte melden Sie sich erneut an.',
    CONCURRENCY_LIMIT: 'Sie haben sich auf einem anderen Gerät angemeldet. Bitte melden Sie sich erneut an.',
    AUTHENTICATION_ERROR: 'Bei der Anmeldung ist ein unerwarteter Fehler aufgetreten. Bitte melden Sie sich erneut an.',
    LOGGED_OUT: 'Sie haben sich abgemeldet.',
    UNAUTHENTICATED:
      'Bei der Anmeldung ist ein Fehler aufgetreten. Melden Sie sich erneut an; bleibt der Fehler, wenden Sie sich an Ihre Administration.',
  },

  errors: {
    bad_request: {
      heading: 'Diese Anfrage ist unverständlich',
      sentence: 'In der Adresse oder im Formular fehlt etwas oder steht etwas doppelt.',
    },
    unauthenticated: {
      heading: HEADING,
      sentence: 'Sie sind nicht angemeldet, und von hier aus kann keine Anmeldung beginnen.',
    },
    no_cookie: {
      heading: HEADING,
      sentence: `Dieser Browser hat mit der Antwort auf die Anmeldung kein Cookie von uns gesendet. ${OTHER_TAB}`,
    },
    several_cookies: {
      heading: HEADING,
      sentence:
        'Dieser Browser hat mehrere Cookies gesendet, die sich widersprechen. Löschen Sie die Cookies dieser Seite und melden Sie sich erneut an.',
    },
    handshake_missing: {
      heading: HEADING,
      sentence: `Diese Anmeldung ist hier nicht bekannt oder wurde schon abgeschlossen. ${OTHER_TAB}`,
    },
    handshake_expired: {
      heading: HEADING,
      sentence: 'Diese Anmeldung begann vor mehr als einer Stunde, vielleicht in einem alten Tab.',
    },
    op_error: { heading: HEADING, sentence: 'Der Identitätsanbieter hat die Anmeldung nicht abgeschlossen.' },
    rejected: { heading: HEADING, sentence: 'Die Antwort des Identitätsanbieters wurde nicht angenommen.' },
    realm_changed: {
      heading: HEADING,
      sentence: 'Die Einstellungen dieses Anmeldewegs wurden inzwischen geändert.',
    },
    unknown_issuer: {
      heading: HEADING,
      sentence: 'Der Identitätsanbieter, von dem Sie kommen, ist hier nicht bekannt.',
    },
    forbidden: { heading: 'Das ist nicht erlaubt', sentence: 'Ihre Rollen geben Ihnen dafür kein Recht.' },
    cross_site_form: {
      heading: 'Dieses Formular kam von anderswo',
      sentence: 'Formulare werden nur von unseren eigenen Seiten angenommen.',
    },
    not_found: { heading: 'Seite nicht gefunden', sentence: 'Unter dieser Adresse gibt es nichts.' },
    method_not_allowed: {
      heading: 'Das geht hier nicht',
      sentence: 'Diese Adresse nimmt eine solche Anfrage nicht an.',
    },
    too_large: { heading: 'Das ist zu viel', sentence: 'Die Anfrage ist größer, als hier angenommen wird.' },
    too_many_attempts: {
      heading: 'Zu viele Versuche',
      sentence:
        'Innerhalb einer Minute begannen mehrere Anmeldungen, und keine kam zum Ende. Warten Sie eine Minute und versuchen Sie es dann erneut.',
    },
    server_error: {
      heading: 'Etwas ist schiefgegangen',
      sentence: 'Der Fehler liegt bei uns. Bleibt er, nennen Sie Ihrer Administration die Kennung unten.',
    },
    logout_failed: {
      heading: 'Sie sind nur hier abgemeldet',
      sentence:
        'Ihre Sitzung hier ist beendet, doch die Abmeldung konnte nicht weitergegeben werden. Beim Identitätsanbieter sind Sie vielleicht noch angemeldet, und die API-Token der Sitzung enden von selbst nach ihrer eigenen Frist.',
    },
    portal_credentials: {
      heading: 'Die Anmeldung ist zurzeit nicht möglich',
      sentence: 'Das Portal ist nicht richtig eingerichtet. Ihre Administration findet den Grund im Protokoll.',
    },
    unavailable: {
      heading: 'Die Anmeldung ist zurzeit nicht möglich',
      sentence: 'Ein Teil, der gebraucht wird, antwortet nicht. Versuchen Sie es gleich noch einmal.',
    },
  },
  error: {
    signOut: 'Abmelden',
    code: 'Code',
    providerSaid: 'Anbieter meldet',
    reference: 'Kennung',
    time: 'Zeit',
  },

  loggedOut: {
    heading: 'Sie haben sich abgemeldet',
    otherHeading: 'Sie sind abgemeldet',
    closePage: 'Sie können diese Seite schließen.',
    receipt: 'Was beendet ist',
    session: 'Sitzung in diesem Browser',
    sessionEnded: 'Beendet. Ihr Cookie öffnet nichts mehr.',
    sessionNone: 'Keine mehr.',
    tokens: 'API-Token',
    tokensEnded: 'Beendet, alle beide.',
    tokensOtherwise:
      'Eine Abmeldung beendet sie sofort. Die einer Sitzung, die abgelaufen ist oder anderswo beendet wurde, enden von selbst nach ihrer eigenen Frist.',
    provider: 'Identitätsanbieter',
    providerAnswered:
      'Er hat die Abmeldung entgegengenommen und Sie zurückgeschickt. Falls Sie dort nicht angemeldet bleiben wollten, sind Sie auch dort abgemeldet.',
    providerUnknown:
      'Nicht bekannt. Falls Sie über einen angemeldet waren, sind Sie es dort vielleicht noch: Mit dieser Seite kam keine Antwort auf eine Abmeldung. Vielleicht nimmt er keine an, sagt nicht, auf welche er antwortet, oder diese Seite wurde noch einmal geladen.',
    brieflyEnded: (provider) =>
      `Die Sitzung in diesem Browser und beide API-Token sind beendet. ${provider} hat die Abmeldung entgegengenommen; falls Sie dort nicht angemeldet bleiben wollten, sind Sie auch dort abgemeldet.`,
    brieflyUnknown: 'Falls ein Identitätsanbieter Sie angemeldet hatte, sind Sie dort vielleicht noch angemeldet.',
  },
  unauthenticatedLead: 'Melden Sie sich erneut an; bleibt der Fehler, wenden Sie sich an Ihre Administration.',
  overwritten: {
    heading: 'Sie waren zuvor unter einem anderen Namen angemeldet.',
    lead: 'Die frühere Sitzung in diesem Browser ist beendet.',
    continueAs: (username) => `Weiter als ${username}`,
  },
  agreement: { heading: 'Nutzungsvereinbarung', acknowledge: 'Bestätigen und weiter' },
  relay: {
    title: 'Einen Moment',
    continue: 'Weiter',
    needsScript:
      'Dieser Anmeldeweg braucht JavaScript. Schalten Sie es für diese Seite ein und laden Sie die Seite neu.',
  },

  account: {
    title: (name) => `${name}: Konto`,
    who: 'Wer Sie sind',
    username: 'Benutzername',
    fullName: 'Voller Name',
    email: 'E-Mail',
    provider: 'Anmeldeweg',
    realm: 'Realm',
    lookupRealm: 'Konto aus Realm',
    authentication: 'Anmeldung',
    account: 'Konto',
    enabled: 'Freigegeben',
    disabled: 'Gesperrt',
    groups: 'Gruppen',
    roles: 'Rollen',
    noRoles: 'Ihnen ist keine Rolle zugewiesen; wenden Sie sich an Ihre Administration.',
    claims: 'Angaben des Anbieters',
    metadata: 'Metadaten',
    session: 'Sitzung',
    signedIn: 'Angemeldet',
    idleEnd: 'Endet bei Untätigkeit',
    lifespanEnd: 'Endet spätestens',
    ends: 'Endet',
    endsWithBrowser: 'Wenn Sie sich abmelden oder den Browser schließen',
    stay: 'Angemeldet bleiben',
  },
  sessions: {
    heading: 'Wo Sie angemeldet sind',
    lead: 'Eine Sitzung, die Sie hier beenden, gilt sofort nicht mehr. Ihre Token laufen von selbst ab, jedes zu seiner Zeit.',
    thisBrowser: 'Dieser Browser',
    since: 'Seit',
    lastUsed: 'zuletzt benutzt',
    from: 'von',
    unknownBrowser: 'Unbekannter Browser',
    browserOn: (browser, system) => `${browser} unter ${system}`,
    end: 'Beenden',
    endNamed: (browser) => `Die Sitzung von ${browser} beenden`,
    endOthers: 'Alle anderen beenden',
    more: 'Es gibt weitere, die hier nicht stehen.',
  },
  timeout: {
    heading: 'Ihre Sitzung läuft ab',
    idle: 'Abmeldung wegen Untätigkeit',
    lifespan: 'Ihre Sitzung erreicht ihre Höchstdauer. Erneute Anmeldung',
    stay: 'Angemeldet bleiben',
  },
}
