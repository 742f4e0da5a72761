import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'

/** The answer to a request, with the whole of its body. */
export interface RawAnswer {
  readonly status: number
  readonly reasonPhrase: string
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

/**
 * Sends a request and gathers its answer as it comes. A body that fits into memory needs no stream: that would be half of
 * what the call costs here.
 * @param limits `within`: milliseconds for all of it, the wait for a connection included, as a server may drip; `most`:
 * bytes of a body
 */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions & { readonly origin: string },
  limits: { readonly within: number; readonly most: number },
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const head = { status: 0, reasonPhrase: '', headers: {} as IncomingHttpHeaders }
    const chunks: Uint8Array[] = []
    let size = 0
    let connection: Dispatcher.DispatchController | undefined
    let failure: Error | undefined

    const fail = (error: Error) => {
      clearTimeout(timer)
      failure = error
      reject(error)
      connection?.abort(error)
    }
    const giveUp = () => fail(new Error(`${request.origin} has not answered in full within ${limits.within} ms`))
    const timer = setTimeout(giveUp, limits.within)

    dispatcher.dispatch(request, {
      onRequestStart(controller) {
        connection = controller
        if (failure !== undefined) controller.abort(failure)
      },
      // Of several heads the last one counts: those before are informational (RFC 9110 §15.2).
      onResponseStart(_controller, status, headers, reasonPhrase = '') {
        Object.assign(head, { status, headers, reasonPhrase })
      },
      onResponseData(_controller, chunk) {
        size += chunk.length
        if (size > limits.most)
          return fail(new Error(`the answer of ${request.origin} is longer than ${limits.most} bytes`))
        chunks.push(chunk)
      },
      onResponseEnd() {
        clearTimeout(timer)
        resolve({ ...head, body: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks) })
      },
      onResponseError: (_controller, error) => fail(error),
    })
  })
}
