/**
 * Whether a host can only be reached from this machine: `localhost`, 127.0.0.0/8 or `::1`, as text, with or without the
 * brackets that a URL puts around an IPv6 address. A name is not looked up.
 */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
