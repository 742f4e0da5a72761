import {
  consumeArtefact,
  createArtefact,
  destroyArtefact,
  replaceArtefact,
  revokeArtefacts,
  trimArtefacts,
  upsertArtefact,
} from './artefacts.ts'
import { createDocument, deleteDocument, putDocument, replaceDocument } from './documents.ts'
import { removeExpired } from './expiry.ts'
import { createSession, deleteSession, trimUnclaimed, updateSession } from './sessions.ts'
import { createTokenPair, invalidateTokens, supersedeTokenPair } from './token-pairs.ts'
import { useUpResponse } from './used-responses.ts'

/** Every write there is, so that a driver can name one to another thread. */
export const WRITES = {
  putDocument,
  createDocument,
  replaceDocument,
  deleteDocument,
  createTokenPair,
  invalidateTokens,
  supersedeTokenPair,
  useUpResponse,
  createSession,
  updateSession,
  deleteSession,
  trimUnclaimed,
  upsertArtefact,
  createArtefact,
  replaceArtefact,
  consumeArtefact,
  destroyArtefact,
  revokeArtefacts,
  trimArtefacts,
  removeExpired,
} as const
