import { expect, test } from 'vitest'

import { readJson } from './readJson'

test('JSON is read', () => {
  expect(readJson(' {"a": [1]} ')).toEqual({ ok: true, value: { a: [1] } })
})

test.each(['', '  \n'])('nothing is not JSON', (text) => {
  expect(readJson(text)).toEqual({ ok: false, message: 'The input is empty; write {} for none.' })
})

test('a mistake is told with its line', () => {
  const read = readJson('{\n  "a": 1,\n}')
  expect(read.ok).toBe(false)
  expect(!read.ok && read.message).toMatch(/line 3/)
})
