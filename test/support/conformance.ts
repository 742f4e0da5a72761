/** The modules of the OpenID Foundation's conformance suite for relying parties, and the proof that none is left out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readVectors } from './vectors.ts'

export const RESPONSE_TYPES = ['code', 'id_token token', 'id_token'] as const
export type ResponseType = (typeof RESPONSE_TYPES)[number]

interface ModuleList {
  readonly responseTypes: readonly string[]
  readonly realm: readonly ListedModule[]
  readonly portal: readonly ListedModule[]
}
interface ListedModule {
  readonly module: string
  /** Response types in which it has no meaning, and why. */
  readonly notFor?: Readonly<Record<string, string>>
}

export interface Reenactment {
  /** A test of that name. */
  readonly reenact: (module: string, responseType: ResponseType, body: () => Promise<void>) => void
  /** To be called last: a test that the list and what was re-enacted are the same. */
  readonly proveComplete: () => void
}

/** @param part whose modules are re-enacted in this file */
export function createReenactment(part: 'realm' | 'portal'): Reenactment {
  const list = readVectors('conformance-modules.json') as ModuleList
  const reenacted = new Set<string>()
  const nameOf = (module: string, responseType: string) => `${module} with the response type ${responseType}`

  return {
    reenact(module, responseType, body) {
      const name = nameOf(module, responseType)
      reenacted.add(name)
      test(name, body)
    },
    proveComplete() {
      test(`every module of the ${part} is re-enacted with each response type to which it applies`, () => {
        assert.deepEqual(list.responseTypes, RESPONSE_TYPES)
        const expected = list[part].flatMap(({ module, notFor = {} }) =>
          list.responseTypes.filter((type) => !notFor[type]?.trim()).map((type) => nameOf(module, type)),
        )
        assert.deepEqual([...reenacted].toSorted(), expected.toSorted())
      })
    },
  }
}
