import { expect, test } from 'vitest'

import { jsonMistake, sameJson } from './jsonText'

test.each(['{"a": [1, null, -0.5e3]}', '"text"', ' [] ', '{}'])('%s is JSON', (text) => {
  expect(jsonMistake(text)).toBeNull()
})

test.each([
  ['{"a": oops}', 6, /a value is expected/],
  ['{a: 1}', 1, /a name in double quotes/],
  ['{"a" 1}', 5, /a colon/],
  ['[1 2]', 3, /a comma or the end/],
  ['[1, ]', 4, /a value is expected/],
  ['{"a": 1,}', 8, /a name in double quotes/],
  ['{} {}', 3, /nothing more/],
  ['{"a": ', 6, /ends too early/],
  ['{"a": 1', 7, /} is missing/],
  ['', 0, /ends too early/],
])('%s is wrong at %d', (text, at, message) => {
  expect(jsonMistake(text)).toMatchObject({ from: at, severity: 'error' })
  expect(jsonMistake(text)?.message).toMatch(message)
})

test('data is compared by content', () => {
  expect(sameJson({ a: [1] }, { a: [1] })).toBe(true)
  expect(sameJson({ a: [1] }, { a: [2] })).toBe(false)
  expect(sameJson(undefined, null)).toBe(false)
})
