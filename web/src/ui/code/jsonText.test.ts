import { expect, test } from 'vitest'

import { jsonMistake } from './jsonText'

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

test('what the server refuses is told too', () => {
  expect(jsonMistake('[\n99999999999999999999]')?.from).toBe(2)
  expect(jsonMistake('['.repeat(70) + ']'.repeat(70))).not.toBeNull()
})
