import { expect, test } from 'vitest'

import { fromLocal, toLocal } from './moments'

test('a moment goes into the field and comes back as the same one', () => {
  const at = '2026-03-29T12:34:00Z'
  expect(fromLocal(toLocal(at))).toBe(at)
})

test('what is no time is nothing', () => {
  expect(fromLocal('')).toBeUndefined()
  expect(fromLocal('soon')).toBeUndefined()
  expect(toLocal('soon')).toBe('')
})
