/** Parameters of a request in the order in which they are sent; one without a value is left out. */
export type Parameters = readonly (readonly [name: string, value: string | undefined])[]

/** `application/x-www-form-urlencoded` in UTF-8, as WHATWG URL §5.2 serializes it: blank is `+`, `~` is `%7E`. */
export function formEncode(parameters: Parameters): string {
  const form = new URLSearchParams()
  for (const [name, value] of parameters) if (value !== undefined) form.append(name, value)
  return form.toString()
}

/**
 * The URL that sends a browser to an endpoint: the endpoint's own parameters in their order, then ours. Where names
 * clash ours win, or a fixed parameter could replace a `state`. User information and fragment of the endpoint are
 * dropped (RFC 6749 §3.1).
 */
export function buildEndpointUrl(endpoint: string, ours: Parameters): string {
  const [withoutFragment = ''] = endpoint.split('#', 1)
  const [address = '', ...query] = withoutFragment.split('?')
  const sent = new Set(ours.filter(([, value]) => value !== undefined).map(([name]) => name))
  const foreign = [...new URLSearchParams(query.join('?'))].filter(([name]) => !sent.has(name))
  return `${address.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/]*@/i, '$1')}?${formEncode([...foreign, ...ours])}`
}
