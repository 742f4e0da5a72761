/** The headers that every answer carries, whatever it is. */
import type { PortalSettings } from '../settings/settings.ts'
import { iconOrigin } from './icons.ts'

export function buildResponseHeaders(settings: Pick<PortalSettings, 'name' | 'providers'>): Record<string, string> {
  const iconOrigins = new Set(settings.providers.flatMap(({ icon }) => iconOrigin(icon) ?? []))
  return {
    // No form's chain of redirects leaves the own origin (the ways to a provider are links), so form-action is safe.
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      ["img-src 'self' data:", ...iconOrigins].join(' '),
      "connect-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'cache-control': 'private, no-cache, no-store, must-revalidate',
    'kbn-name': settings.name,
  }
}
