import { expect, test } from 'vitest'

import { durationBetween, duration, plural, relative, shortId } from './format'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

test.each([
  [-5, '0 ms'],
  [0, '0 ms'],
  [999, '999 ms'],
  [1_000, '1.0 s'],
  [2_449, '2.4 s'],
  [59_900, '59.9 s'],
  [59_970, '1 m 00 s'],
  [MINUTE, '1 m 00 s'],
  [3 * MINUTE + 5 * SECOND, '3 m 05 s'],
  [2 * HOUR + 10 * MINUTE, '2 h 10 m'],
  [4 * DAY + 3 * HOUR, '4 d 03 h'],
  [NaN, '–'],
])('%d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

test.each([
  [0, 'just now'],
  [4_999, 'just now'],
  [14 * SECOND, '14 s ago'],
  [3 * MINUTE + 59 * SECOND, '3 m ago'],
  [23 * HOUR, '23 h ago'],
  [9 * DAY, '9 d ago'],
  [-2 * HOUR, 'in 2 h'],
])('%d ms back is %s', (back, text) => {
  const now = Date.parse('2026-01-02T10:00:00Z')
  expect(relative(new Date(now - back).toISOString(), now)).toBe(text)
})

test('a text that is no time is shown as it is', () => {
  expect(relative('soon', 0)).toBe('soon')
})

test('a duration counts to now until there is an end, and nothing before a beginning', () => {
  const from = '2026-01-02T10:00:00Z'
  expect(durationBetween(null, null, 0)).toBeNull()
  expect(durationBetween(from, null, Date.parse(from) + 250)).toBe('250 ms')
  expect(durationBetween(from, '2026-01-02T10:00:02Z', 0)).toBe('2.0 s')
})

test('ids that sort by time stay apart when shortened', () => {
  const [a, b] = ['a1', 'a2'].map((end) => shortId(`0192f1aa-7c3e-7d10-9b1e-1000000000${end}`))
  expect(a).not.toBe(b)
  expect(shortId('short')).toBe('short')
})

test('counts agree with their noun', () => {
  expect([plural(0, 'item'), plural(1, 'item'), plural(2, 'item')]).toEqual(['0 items', '1 item', '2 items'])
})
