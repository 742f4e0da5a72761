/** Parameters of a query or a form, read so that nothing can be said twice. Pure. */
import { badRequest } from './portal-error.ts'

/** Parameters of the protocol: a second one might be meant for another reader. */
const ONCE = ['code', 'state', 'error', 'iss', 'login_hint', 'authenticationResponseURI']

/** @throws PortalError `bad_request` if a parameter of the protocol occurs twice */
export function checkOnce(parameters: URLSearchParams): void {
  for (const name of ONCE)
    if (parameters.getAll(name).length > 1) throw badRequest(`The parameter [${name}] must occur once only.`)
}
