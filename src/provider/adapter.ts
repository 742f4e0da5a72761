/**
 * The storage of the OpenID Provider library, on our store. The library trusts its storage with three things that a
 * plain read and write would break: a code is consumed once, an assertion is recorded once, and the end of a grant
 * takes the grant's tokens and nothing else.
 */
import { isDeepStrictEqual } from 'node:util'
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider'
import type { Clock } from '../kernel/clock.ts'
import { wholeSeconds } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { Sealer } from '../kernel/sealer.ts'
import type { Log } from '../observe/log.ts'
import type { Artefact, Artefacts } from '../store/store.ts'
import type { Account } from './accounts-file.ts'
import { artefactKey, openPayload, sealPayload } from './artefact-row.ts'
import { createRowLimit } from './row-limit.ts'

/**
 * The models that end with their grant. Sessions and interactions name a grant too and live on: a change of account in
 * the middle of a login ends grants, and must find its interaction again.
 */
export const TOKEN_MODELS: readonly string[] = ['AccessToken', 'AuthorizationCode', 'RefreshToken']

/** The library tells its models by the names of their classes, by which their rows are found again. */
const MODELS: ReadonlySet<string> = new Set([
  ...TOKEN_MODELS,
  'BackchannelAuthenticationRequest',
  'Client',
  'ClientCredentials',
  'DeviceCode',
  'Grant',
  'InitialAccessToken',
  'Interaction',
  'PreAuthorizedCode',
  'PushedAuthorizationRequest',
  'RegistrationAccessToken',
  'ReplayDetection',
  'Session',
])

/** The storage of sessions has one operation more than the library knows of. */
export interface SessionAdapter extends Adapter {
  /**
   * Changes a session as it is stored by now, under whatever id. What else is written to it meanwhile is not lost: then
   * `change` is asked again.
   * @returns what is stored now, `undefined` if the session has ended
   */
  change(
    uid: string,
    change: (stored: AdapterPayload) => AdapterPayload,
    expiresIn: number,
  ): Promise<AdapterPayload | undefined>
}

/** More requests than a browser has under way at once; of those that write at the same time one is the first each time. */
const MAX_ATTEMPTS = 50

/** Of the account, beside what the library puts into a payload. */
const INCARNATION = 'ostiary_incarnation'
const MAX_INTERACTIONS = 100_000
const MAX_INTERACTION_BYTES = 256 * 1024 * 1024

export function createAdapterFactory(parts: {
  artefacts: Artefacts
  sealer: Sealer
  clock: Clock
  log: Log
  /** Seconds for which an expired access token is still known as a hint. */
  hintRetention: number
  /** Rows of an account that is gone count as gone, also when another account has its subject by now. */
  findAccount: (subject: string) => Promise<Pick<Account, 'incarnation'> | undefined>
}): (model: string) => SessionAdapter {
  const { artefacts, sealer, clock } = parts
  const interactions = createRowLimit({
    artefacts,
    log: parts.log,
    model: 'Interaction',
    entries: MAX_INTERACTIONS,
    bytes: MAX_INTERACTION_BYTES,
  })

  async function read(row: Artefact | undefined): Promise<AdapterPayload | undefined> {
    if (row === undefined) return undefined
    const account = row.accountId === undefined ? undefined : await parts.findAccount(row.accountId)
    if (row.accountId !== undefined && account === undefined) return undefined
    const { [INCARNATION]: incarnation, ...payload } = openPayload(sealer, row.key, row.payload)
    if (account !== undefined && incarnation !== account.incarnation) return undefined
    return row.consumedAt === undefined ? payload : { ...payload, consumed: row.consumedAt }
  }

  return (model) => {
    if (!MODELS.has(model)) throw new TypeError(`the library has no model [${model}]`)
    return createAdapter(model)
  }

  function createAdapter(model: string): SessionAdapter {
    return {
      async change(uid, change, expiresIn) {
        for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
          const row = await artefacts.findBy(model, 'uid', uid)
          const stored = await read(row)
          if (row === undefined || stored === undefined) return undefined
          const payload = change(stored)
          // Of requests of one moment the first has mostly written for all: how long the session lives.
          if (isDeepStrictEqual(payload, stored)) return payload
          const written = await artefacts.replace(row, await buildRow(model, String(payload.jti), payload, expiresIn))
          if (written) return payload
        }
        throw new SecurityError('store_unavailable', 'a session of the provider changes all the time')
      },

      async upsert(id, payload, expiresIn) {
        const row = await buildRow(model, id, payload, expiresIn)
        if (model === 'Interaction') interactions.add(row.payload.length)
        if (model !== 'ReplayDetection') return artefacts.upsert(row)
        // The library looks first and writes later; of two that looked at once, only one may go on.
        const first = await artefacts.create(row)
        if (!first) throw new errors.InvalidClientAuth('the assertion was used before')
      },

      async find(id) {
        return read(await artefacts.find(artefactKey(model, id)))
      },

      async findByUid(uid) {
        return read(await artefacts.findBy(model, 'uid', uid))
      },

      async findByUserCode(userCode) {
        return read(await artefacts.findBy(model, 'userCode', userCode))
      },

      async consume(id) {
        const first = await artefacts.consume(artefactKey(model, id), wholeSeconds(clock))
        if (!first) throw new errors.InvalidGrant('it was consumed before')
      },

      async destroy(id) {
        await artefacts.destroy(artefactKey(model, id))
      },

      async revokeByGrantId(grantId) {
        await artefacts.revokeByGrantId(grantId, TOKEN_MODELS)
      },
    }
  }

  async function buildRow(
    model: string,
    id: string,
    payload: AdapterPayload,
    expiresIn: number | undefined,
  ): Promise<Artefact> {
    const key = artefactKey(model, id)
    const { grantId, uid, userCode, accountId } = payload
    const { incarnation } = (accountId === undefined ? undefined : await parts.findAccount(accountId)) ?? {}
    const content = incarnation === undefined ? payload : { ...payload, [INCARNATION]: incarnation }
    return {
      model,
      key,
      payload: sealPayload(sealer, key, content as JsonObject),
      ...(grantId !== undefined && { grantId }),
      ...(uid !== undefined && { uid }),
      ...(userCode !== undefined && { userCode }),
      ...(accountId !== undefined && { accountId }),
      ...(expiresIn !== undefined && { removeAt: wholeSeconds(clock) + Math.ceil(expiresIn) + retentionOf(model) }),
    }
  }

  // The library checks the expiry of an access token itself.
  function retentionOf(model: string): number {
    return model === 'AccessToken' ? parts.hintRetention : 0
  }
}
