import { expect, test } from 'vitest'

import { jsonDiff, sameJson } from './jsonDiff'

test('differences are told by their path', () => {
  const before = { a: 1, list: [1, 2], deep: { 'odd key': true, gone: null } }
  const after = { a: 2, list: [1, 2, 3], deep: { 'odd key': false } }
  expect(jsonDiff(before, after)).toEqual({
    items: [
      { path: 'a', before: 1, after: 2 },
      { path: 'list[2]', after: 3 },
      { path: 'deep["odd key"]', before: true, after: false },
      { path: 'deep.gone', before: null },
    ],
    more: false,
  })
})

test('values of different kinds differ as a whole', () => {
  expect(jsonDiff({ a: [1] }, { a: { 0: 1 } }).items).toEqual([{ path: 'a', before: [1], after: { 0: 1 } }])
  expect(jsonDiff(null, 'x').items).toEqual([{ path: '', before: null, after: 'x' }])
})

test('at most so many are listed, and more are told', () => {
  const many = Array.from({ length: 50 }, (_, index) => index)
  const { items, more } = jsonDiff(many, [], 10)
  expect(items).toHaveLength(10)
  expect(more).toBe(true)
})

test('the order of keys makes no difference', () => {
  expect(sameJson({ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1 })).toBe(true)
  expect(sameJson({ a: 1 }, { a: 1, b: null })).toBe(false)
  expect(sameJson(undefined, null)).toBe(false)
})
