/** `POST /_ostiary/realm/NAME/_explain`: what a login would make of given claims. Nobody is logged in. */
import type { ExplainedInput, LoginExplainer } from '../authc/login-explanation.ts'
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject } from '../kernel/json.ts'
import { listFaults } from '../kernel/validation.ts'
import { OBJECT, TEXT } from './body-shape.ts'
import { readObject, wrongType } from './request-body.ts'
import { defineRoute, type Route } from './route.ts'

const PARSER = 'realm_explain'

export function buildRealmExplanationRoutes({ loginExplainer }: { loginExplainer: LoginExplainer }): Route[] {
  return [
    defineRoute<{ realm: string; input: ExplainedInput }>({
      summary: 'What a login would make of given claims',
      fields: { claims: OBJECT, id_token: TEXT },
      methods: ['POST'],
      path: '/_ostiary/realm/:name/_explain',
      body: 'required',
      read({ path, body }) {
        const { claims, id_token: idToken } = readObject(PARSER, body, ['claims', 'id_token'])
        if (claims !== undefined && !isJsonObject(claims)) throw wrongType(PARSER, 'claims', claims)
        if (idToken !== undefined && typeof idToken !== 'string') throw wrongType(PARSER, 'id_token', idToken)
        const realm = path['name'] ?? ''
        if (claims !== undefined && idToken === undefined) return { realm, input: { claims } }
        if (claims === undefined && idToken !== undefined) return { realm, input: { idToken } }
        throw new SecurityError('validation_failed', listFaults(['exactly one of [claims, id_token] must be provided']))
      },
      action: () => 'cluster:admin/xpack/security/realm/explain',
      act: async ({ realm, input }) => ({ body: await loginExplainer.explain(realm, input) }),
    }),
  ]
}
