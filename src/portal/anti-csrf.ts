/** That an unsafe request comes from our own pages or from a program, and not from another site's page. */
import type { FastifyRequest } from 'fastify'
import type { PortalSettings } from '../settings/settings.ts'
import { isHostOf } from './own-origin.ts'
import { PortalError, badRequest } from './portal-error.ts'

/** @throws PortalError `bad_request` or `cross_site_form` */
export function checkOwnOrigin(
  request: FastifyRequest,
  settings: Pick<PortalSettings, 'publicBaseUrl' | 'xsrf'>,
): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const { rules } = request.visit
  if (rules.crossSite) return
  if (rules.form) {
    if (!isSameOrigin(request, settings.publicBaseUrl))
      throw new PortalError('cross_site_form', 'a form was posted by another site')
    return
  }
  const { disableProtection, allowlist } = settings.xsrf
  if (disableProtection || allowlist.includes(request.visit.path)) return
  // A page of another site cannot set a header of its own without being asked for its permission first.
  if (request.headers['kbn-xsrf'] === undefined && request.headers['kbn-version'] === undefined)
    throw badRequest('Request must contain a kbn-xsrf header.')
}

function isSameOrigin({ headers }: FastifyRequest, publicBaseUrl: string | undefined): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  const { origin, host } = headers
  if (origin === undefined || !URL.canParse(origin)) return false
  if (publicBaseUrl !== undefined && new URL(publicBaseUrl).origin === origin) return true
  return host !== undefined && isHostOf(origin, host)
}
