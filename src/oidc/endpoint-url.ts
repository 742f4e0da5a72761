/** Parameters of a request in the order in which they are sent; one without a value is left out. */
export type Parameters = readonly (readonly [name: string, value: string | undefined])[]

/** What is sent as it is, such as every random text of ours. */
const PLAIN = /^[\w.*-]*$/

/** `application/x-www-form-urlencoded` in UTF-8, as WHATWG URL §5.2 serializes it: blank is `+`, `~` is `%7E`. */
export function formEncode(parameters: Parameters): string {
  const pairs: string[] = []
  for (const [name, value] of parameters) if (value !== undefined) pairs.push(`${encode(name)}=${encode(value)}`)
  return pairs.join('&')
}

function encode(text: string): string {
  return PLAIN.test(text) ? text : new URLSearchParams([['', text]]).toString().slice(1)
}

/**
 * The URL that sends a browser to an endpoint: the endpoint's own parameters in their order, then ours. Where names
 * clash ours win, or a fixed parameter could replace a `state`. User information and fragment of the endpoint are
 * dropped (RFC 6749 §3.1).
 * @param toFollow the names of those of ours that the caller appends
 */
export function buildEndpointUrl(endpoint: string, ours: Parameters, toFollow: readonly string[] = []): string {
  const [withoutFragment = ''] = endpoint.split('#', 1)
  const [address = '', ...query] = withoutFragment.split('?')
  const sent = new Set([...ours.filter(([, value]) => value !== undefined).map(([name]) => name), ...toFollow])
  const foreign = [...new URLSearchParams(query.join('?'))].filter(([name]) => !sent.has(name))
  return `${address.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/]*@/i, '$1')}?${formEncode([...foreign, ...ours])}`
}
