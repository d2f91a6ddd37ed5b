import { expect, test } from 'vitest'

import { alone, momentText, timeText } from './plot'
import { faded } from './useColours'

test('a value without neighbours is shown as a point', () => {
  expect(alone([1, null, 2, 3, null, null, 4])).toEqual([0, 6])
  expect(alone([])).toEqual([])
})

test('times are told by the clock within a day, by days beyond', () => {
  const at = new Date(2026, 0, 2, 9, 5).getTime() / 1_000
  expect(timeText(at, 3_600)).toBe('09:05')
  expect(timeText(at, 7 * 86_400)).toContain('2')
  expect(momentText(at, 3_600)).toBe('09:05')
  expect(momentText(at, 86_400)).toMatch(/2.*, 09:05$/)
})

test('a colour is faded', () => {
  expect(faded('rgb(1, 2, 3)', 0.5)).toBe('rgba(1, 2, 3, 0.5)')
})
