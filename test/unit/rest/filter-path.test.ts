import assert from 'node:assert/strict'
import test from 'node:test'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { filterAnswer, readFilter } from '../../../src/rest/filter-path.ts'
import { assertLittleWork } from '../../support/work.ts'

const BODY: JsonObject = {
  name: 'n',
  version: { number: '9', build_type: 'x', build_date: 'd' },
  list: [{ name: 'a', deep: { name: 'b', id: 1 } }, { id: 2 }, 3],
}

const CASES: readonly { path: string; left: JsonObject }[] = [
  { path: 'name', left: { name: 'n' } },
  { path: 'version', left: { version: { number: '9', build_type: 'x', build_date: 'd' } } },
  { path: 'version.number,name', left: { name: 'n', version: { number: '9' } } },
  { path: 'version.build_*', left: { version: { build_type: 'x', build_date: 'd' } } },
  { path: '*.*_t*pe', left: { version: { build_type: 'x' } } },
  { path: '**.name', left: { name: 'n', list: [{ name: 'a', deep: { name: 'b' } }] } },
  { path: '**.**.id', left: { list: [{ deep: { id: 1 } }, { id: 2 }] } },
  { path: 'list.deep.id', left: { list: [{ deep: { id: 1 } }] } },
  { path: 'name.deeper', left: {} },
  { path: 'nothing', left: {} },
  { path: '-version,-list', left: { name: 'n' } },
  {
    path: '-**.name,-version.*_type',
    left: { version: { number: '9', build_date: 'd' }, list: [{ deep: { id: 1 } }, { id: 2 }, 3] },
  },
  { path: 'version,-version.number', left: { version: { build_type: 'x', build_date: 'd' } } },
  { path: '-**', left: {} },
  { path: '**', left: BODY },
  { path: '**.**', left: BODY },
  { path: 'name.', left: { name: 'n' } },
]

for (const { path, left } of CASES) {
  test(`filter_path=${path}`, () => {
    const filter = readFilter(path) ?? assert.fail('no filter')
    assert.deepEqual(filterAnswer(BODY, filter), left)
  })
}

test('an empty filter_path filters nothing', () => {
  for (const text of [undefined, '', ' , ']) assert.equal(readFilter(text), undefined)
})

test('a path of many wildcards costs no more than its length times the size of the answer', () => {
  let deep: JsonObject = { end: 1 }
  for (let level = 0; level < 60; level++) deep = { a: deep }
  const filter = readFilter(Array.from({ length: 20 }, () => `${'**.a.'.repeat(30)}**.none`).join(',')) ?? assert.fail()
  assertLittleWork(1000, () => assert.deepEqual(filterAnswer(deep, filter), {}))
})

test('wildcards one after the other cost no more than one', () => {
  // As many as the header of a request may have; whoever sends it need not be known.
  const filter = readFilter(`${'**.'.repeat(5000)}none,${'**.*.'.repeat(3000)}none`) ?? assert.fail()
  const refusal = { error: { root_cause: [{ type: 't', reason: 'r' }], type: 't', reason: 'r' }, status: 401 }
  assertLittleWork(100, () => assert.deepEqual(filterAnswer(refusal, filter), {}))
})
