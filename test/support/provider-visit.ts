/** What a person does on the pages of the demo's provider, in Chromium. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { Hand } from './chromium.ts'

type Look = (name: string) => Promise<void>

/** Signs in with the demo password, allows what is asked for, and is on the way back. */
export async function signIn(page: Page, hand: Hand, account: 'alice' | 'bob', look: Look = async () => {}) {
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await look('provider-login')
  await hand.type(page.getByLabel('Username'), account)
  await hand.type(page.getByLabel('Password'), `${account}-demo`)
  await hand.press(page.getByRole('button', { name: 'Sign in' }))
  await page.getByRole('heading', { name: 'Allow access?' }).waitFor()
  await look('provider-consent')
  await hand.press(page.getByRole('button', { name: 'Allow' }))
}

/** Says yes to being signed out, and is on the way back. */
export async function signOut(page: Page, hand: Hand, account: 'alice' | 'bob', look: Look = async () => {}) {
  await page.getByRole('heading', { name: 'Sign out?' }).waitFor()
  assert.match((await page.getByRole('main').textContent()) ?? '', new RegExp(account, 'i'))
  await look('provider-sign-out')
  await hand.press(page.getByRole('button', { name: 'Yes, sign me out' }))
}
