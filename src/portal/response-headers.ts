/** The headers that every answer carries, whatever it is. */
import type { PortalSettings } from '../settings/settings.ts'
import { iconOrigin } from './icons.ts'

type HeaderSettings = Pick<
  PortalSettings,
  'name' | 'providers' | 'embedding' | 'strictTransportSecurity' | 'customHeaders'
>

/** Our own rules stand behind the custom headers, so that none of these can loosen them by accident. */
export function buildResponseHeaders(settings: HeaderSettings): Record<string, string> {
  const { embedding, strictTransportSecurity } = settings
  const iconOrigins = new Set(settings.providers.flatMap(({ icon }) => iconOrigin(icon) ?? []))
  return {
    ...settings.customHeaders,
    // No form's chain of redirects leaves the own origin (the ways to a provider are links), so form-action is safe.
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      ["img-src 'self' data:", ...iconOrigins].join(' '),
      "connect-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      ...(embedding ? [] : ["frame-ancestors 'none'"]),
    ].join('; '),
    ...(!embedding && { 'x-frame-options': 'DENY' }),
    ...(strictTransportSecurity !== undefined && { 'strict-transport-security': strictTransportSecurity }),
    'x-content-type-options': 'nosniff',
    'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'cache-control': 'private, no-cache, no-store, must-revalidate',
    'kbn-name': settings.name,
  }
}
