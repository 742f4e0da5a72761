/** What the pages say, in each language. What another language needs is a copy of one of these. */
import { type Html, html } from '../pages/html.ts'
import type { Notice } from './end-session-decision.ts'
import type { Language } from './language.ts'

export interface PageTexts {
  readonly signIn: string
  readonly toContinueTo: (client: string) => Html
  readonly username: string
  readonly password: string
  readonly cancel: string
  readonly wrongPassword: string
  readonly tooManyAttempts: (minutes: number) => string

  readonly allowAccess: string
  readonly asksToKnow: (client: string, host: string, account: string) => Html
  readonly allow: string
  /** By scope; another scope is shown by its name. */
  readonly scopes: Readonly<Record<string, string>>
  /** What it may do in the person's name at an API. */
  readonly actsAt: (scopes: string, api: string) => Html

  readonly signOut: string
  readonly signOutQuestion: string
  readonly signedInAs: (account: string) => Html
  readonly asksToSignOut: (client: string) => Html
  readonly yes: string
  readonly no: string
  readonly notices: Readonly<Record<Notice, string>>

  readonly notSignedIn: string
  readonly continueTo: (client: string) => string
  readonly signedOut: string
  readonly nobodySignedIn: string
  readonly untold: (clients: string) => string
  readonly stillSignedIn: string
  readonly nothingElse: string

  readonly account: string
  readonly since: (time: string) => Html
  readonly applications: string
  readonly noApplications: string
  readonly leaveClient: (client: string) => string
  readonly leaveHere: string
  readonly leaveEverywhere: string
  readonly everywhereMeans: string
  readonly beginAtApplication: string

  readonly failed: string
  /** By status. */
  readonly failures: Readonly<Record<number, string>>
  readonly goBack: string
  readonly reference: string
}

const EN: PageTexts = {
  signIn: 'Sign in',
  toContinueTo: (client) => html`to continue to <strong>${client}</strong>`,
  username: 'Username',
  password: 'Password',
  cancel: 'Cancel',
  wrongPassword: 'Username or password is not right.',
  tooManyAttempts: (minutes) => `Too many attempts. Try again in ${minutes} min.`,

  allowAccess: 'Allow access?',
  asksToKnow: (client, host, account) =>
    html`<strong>${client}</strong> at <strong>${host}</strong> asks to know about you, <strong>${account}</strong>:`,
  allow: 'Allow',
  scopes: {
    openid: 'who you are',
    profile: 'your name and profile',
    email: 'your e-mail address',
    address: 'your postal address',
    phone: 'your telephone number',
    groups: 'the groups you belong to',
    offline_access: 'all this while you are not signed in, too',
  },
  actsAt: (scopes, api) => html`to act for you at <strong>${api}</strong>: ${scopes}`,

  signOut: 'Sign out',
  signOutQuestion: 'Sign out?',
  signedInAs: (account) => html`You are signed in as <strong>${account}</strong>.`,
  asksToSignOut: (client) =>
    html`<strong>${client}</strong> asks to sign you out, here and of every application that you signed in to from here.`,
  yes: 'Yes, sign me out',
  no: 'No, stay signed in',
  notices: {
    id_token_hint_unusable: 'The application did not prove who it is, so we do not name it.',
    access_token_hint_unusable: 'The application sent an access token that we do not know.',
    hints_disagree: 'The application contradicts itself about who is to be signed out.',
    client_id_mismatch: 'The application gave the name of another application.',
    redirect_ignored: 'You will not be led back to the application: it did not register the address it gave.',
    other_user: 'The application asked about another person than the one who is signed in here.',
    other_session: 'The application asked about another session than the one in this browser.',
  },

  notSignedIn: 'You are not signed in',
  continueTo: (client) => `Continue to ${client}`,
  signedOut: 'You are signed out',
  nobodySignedIn: 'Nobody is signed in here with this browser. You can close this page.',
  untold: (clients) => `These could not be told yet, so you may still be signed in there: ${clients}.`,
  stillSignedIn: 'You are still signed in',
  nothingElse: 'Nothing else has changed. You can close this page.',

  account: 'Your account',
  since: (time) => html`In this browser since ${time}.`,
  applications: 'Applications that you use in this browser',
  noApplications: 'None at the moment.',
  leaveClient: (client) => `Sign out of ${client}`,
  leaveHere: 'Sign out here',
  leaveEverywhere: 'Sign out everywhere',
  everywhereMeans: 'Everywhere means: in all browsers and on all devices, in the background too.',
  beginAtApplication: 'To sign in, go to the application that you want to use.',

  failed: 'This did not work',
  failures: {
    404: 'There is nothing here',
    500: 'Something went wrong on our side',
    503: 'This is not available at the moment',
  },
  goBack: 'Go back to the application and try again.',
  reference: 'Reference for support:',
}

const DE: PageTexts = {
  signIn: 'Anmelden',
  toContinueTo: (client) => html`weiter zu <strong>${client}</strong>`,
  username: 'Benutzername',
  password: 'Passwort',
  cancel: 'Abbrechen',
  wrongPassword: 'Benutzername oder Passwort stimmt nicht.',
  tooManyAttempts: (minutes) => `Zu viele Versuche. Bitte in ${minutes} min noch einmal versuchen.`,

  allowAccess: 'Zugriff erlauben?',
  asksToKnow: (client, host, account) =>
    html`<strong>${client}</strong> auf <strong>${host}</strong> möchte über Sie, <strong>${account}</strong>, erfahren:`,
  allow: 'Erlauben',
  scopes: {
    openid: 'wer Sie sind',
    profile: 'Ihren Namen und Ihr Profil',
    email: 'Ihre E-Mail-Adresse',
    address: 'Ihre Postanschrift',
    phone: 'Ihre Telefonnummer',
    groups: 'die Gruppen, denen Sie angehören',
    offline_access: 'all das auch, während Sie nicht angemeldet sind',
  },
  actsAt: (scopes, api) => html`und bei <strong>${api}</strong> in Ihrem Namen handeln: ${scopes}`,

  signOut: 'Abmelden',
  signOutQuestion: 'Abmelden?',
  signedInAs: (account) => html`Sie sind als <strong>${account}</strong> angemeldet.`,
  asksToSignOut: (client) =>
    html`<strong>${client}</strong> möchte Sie abmelden, hier und bei jeder Anwendung, bei der Sie sich von hier aus
      angemeldet haben.`,
  yes: 'Ja, abmelden',
  no: 'Nein, angemeldet bleiben',
  notices: {
    id_token_hint_unusable: 'Die Anwendung hat sich nicht ausgewiesen, darum nennen wir sie nicht.',
    access_token_hint_unusable: 'Die Anwendung hat ein Zugriffstoken gesendet, das wir nicht kennen.',
    hints_disagree: 'Die Anwendung widerspricht sich darin, wer abgemeldet werden soll.',
    client_id_mismatch: 'Die Anwendung hat den Namen einer anderen Anwendung angegeben.',
    redirect_ignored: 'Sie kommen nicht zur Anwendung zurück: Die Adresse, die sie angab, ist nicht registriert.',
    other_user: 'Die Anwendung fragt nach einer anderen Person als der, die hier angemeldet ist.',
    other_session: 'Die Anwendung fragt nach einer anderen Sitzung als der in diesem Browser.',
  },

  notSignedIn: 'Sie sind nicht angemeldet',
  continueTo: (client) => `Weiter zu ${client}`,
  signedOut: 'Sie sind abgemeldet',
  nobodySignedIn: 'In diesem Browser ist hier niemand angemeldet. Sie können diese Seite schließen.',
  untold: (clients) => `Noch nicht benachrichtigt, dort sind Sie vielleicht noch angemeldet: ${clients}.`,
  stillSignedIn: 'Sie sind noch angemeldet',
  nothingElse: 'Sonst hat sich nichts geändert. Sie können diese Seite schließen.',

  account: 'Ihr Konto',
  since: (time) => html`In diesem Browser seit ${time}.`,
  applications: 'Anwendungen, die Sie in diesem Browser benutzen',
  noApplications: 'Im Augenblick keine.',
  leaveClient: (client) => `Von ${client} abmelden`,
  leaveHere: 'Hier abmelden',
  leaveEverywhere: 'Überall abmelden',
  everywhereMeans: 'Überall heißt: in allen Browsern und auf allen Geräten, auch im Hintergrund.',
  beginAtApplication: 'Zum Anmelden gehen Sie zu der Anwendung, die Sie benutzen möchten.',

  failed: 'Das hat nicht geklappt',
  failures: {
    404: 'Hier ist nichts',
    500: 'Bei uns ist etwas schiefgegangen',
    503: 'Das steht im Augenblick nicht zur Verfügung',
  },
  goBack: 'Gehen Sie zur Anwendung zurück und versuchen Sie es noch einmal.',
  reference: 'Kennung für Rückfragen:',
}

export const PAGE_TEXTS: Readonly<Record<Language, PageTexts>> = { en: EN, de: DE }
