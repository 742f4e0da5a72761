/**
 * The media types of requests and answers: JSON, also under Elasticsearch's own name, which may name the major version
 * of the API that it speaks (`application/vnd.elasticsearch+json;compatible-with=9`).
 */
import { ApiError, textError } from './api-error.ts'

const JSON_TYPE = 'application/json'
const VENDORED = /^application\/vnd\.elasticsearch\+json\s*(?:;\s*compatible-with\s*=\s*(\d{1,9})\s*)?$/i
const BODY_TYPE =
  /^application\/(?:json|vnd\.elasticsearch\+json)(?:\s*;\s*(?:charset\s*=\s*"?utf-8"?|compatible-with\s*=\s*\d{1,9}))*\s*$/i
const VERSIONS = ['9', '8']

/** The type of the answer to a request with this `Accept` header: ours under the name that was asked for. */
export function chooseAnswerType(accept: string | undefined): string {
  if (accept === undefined || accept === JSON_TYPE) return JSON_TYPE
  const vendored = VENDORED.exec(accept.trim())
  const version = vendored?.[1]
  if (vendored === null || (version !== undefined && !VERSIONS.includes(version))) return JSON_TYPE
  return `application/vnd.elasticsearch+json${version === undefined ? '' : `;compatible-with=${version}`}`
}

/** Whether a body of this type is JSON. */
export function isJsonType(type: string): boolean {
  return BODY_TYPE.test(type)
}

/** Checks the headers of a body: JSON, and not compressed. @throws BodyError 406 */
export function checkContentType(headers: {
  readonly 'content-type'?: string | undefined
  readonly 'content-encoding'?: string | undefined
}): void {
  const { 'content-type': type, 'content-encoding': encoding = 'identity' } = headers
  if (type === undefined) throw textError(406, 'Content-Type header is missing')
  if (!isJsonType(type)) throw textError(406, `Content-Type header [${type}] is not supported`)
  if (encoding !== 'identity') throw textError(406, `Content-Encoding header [${encoding}] is not supported`)
}

/**
 * Checks that the versions named by `Accept` and, with a body, by `Content-Type` are ours and the same.
 * @throws ApiError `media_type_header_exception`
 */
export function checkVersions(accept: string | undefined, contentType: string | undefined): void {
  const wanted = readVersion(accept)
  const sent = readVersion(contentType)
  const headers = `Accept=${accept}, Content-Type=${contentType}`
  if (wanted !== undefined && !VERSIONS.includes(wanted)) {
    throw mediaTypeFailure('Accept', `${outside('Accept', wanted)} Accept=${accept}`)
  }
  if (sent !== undefined && !VERSIONS.includes(sent)) {
    throw mediaTypeFailure('Content-Type', `${outside('Content-Type', sent)} Content-Type=${contentType}`)
  }
  if (contentType === undefined || wanted === sent) return
  const must = wanted !== undefined && sent !== undefined ? ' and the compatible versions must match' : ''
  throw mediaTypeFailure(
    'Accept, Content-Type',
    'A compatible version is required on both Content-Type and Accept headers' +
      ` if either one has requested a compatible version${must}. ${headers}`,
  )
}

function readVersion(header: string | undefined): string | undefined {
  return header === undefined ? undefined : VENDORED.exec(header.trim())?.[1]
}

function outside(header: string, version: string): string {
  return `${header} version must be either version ${VERSIONS.join(' or ')}, but found ${version}.`
}

function mediaTypeFailure(headers: string, reason: string): ApiError {
  return new ApiError(400, 'media_type_header_exception', `Invalid media-type value on headers [${headers}]`, {
    cause: new ApiError(400, 'status_exception', reason),
  })
}
