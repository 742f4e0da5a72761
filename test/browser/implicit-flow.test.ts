/** The implicit flow through the whole program, in Chromium: the portal, the realm and our own provider. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { launchChromium, mouse, waitForAddress } from '../support/chromium.ts'
import { startProgram } from '../support/program.ts'
import { signIn, signOut } from '../support/provider-visit.ts'

for (const responseType of ['id_token', 'id_token token']) {
  test(`${responseType}: alice signs in at the portal by the fragment, and out again`, async (t) => {
    const program = await startProgram({
      settings: (yaml, { portal }) =>
        yaml
          .replace('rp.response_type: code', `rp.response_type: '${responseType}'`)
          .replaceAll(`${portal}/api/security/oidc/callback`, `${portal}/api/security/oidc/implicit`)
          // On loopback without TLS tokens may go to a native client only.
          .replace(
            `client_name: 'Ostiary portal'`,
            `application_type: native\n  response_types: ['${responseType}']\n  client_name: 'Ostiary portal'`,
          )
          .replace('provider.port:', `provider.response_types: ['code', '${responseType}']\nprovider.port:`),
    })
    t.after(() => program.remove())
    const chromium = await launchChromium()
    t.after(() => chromium.close())
    const page = await chromium.newPage()
    page.setDefaultTimeout(20_000)

    await page.goto(program.portal)
    await page.getByTestId('loginCard-oidc/oidc1').click()
    await signIn(page, mouse, 'alice')
    await waitForAddress(page, (address) => address === `${program.portal}/security/account`)
    assert.equal(await page.getByTestId('account-username').textContent(), 'alice')
    assert.deepEqual(await page.getByTestId('account-groups').getByRole('listitem').allTextContents(), [
      'finance-team',
      'engineering',
    ])
    await page.getByTestId('logoutLink').click()
    await signOut(page, mouse, 'alice')
    await page.getByRole('heading', { name: 'Successfully logged out' }).waitFor()
  })
}
