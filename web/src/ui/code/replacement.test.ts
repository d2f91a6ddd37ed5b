import { expect, it } from 'vitest'

import { replacement } from './replacement'

it.each([
  ['', 'a', { from: 0, to: 0, insert: 'a' }],
  ['abc', 'abc', { from: 3, to: 3, insert: '' }],
  ['abc', 'axc', { from: 1, to: 2, insert: 'x' }],
  ['aa', 'aaa', { from: 2, to: 2, insert: 'a' }],
  ['aaa', 'a', { from: 1, to: 3, insert: '' }],
  ['one two', 'one and two', { from: 4, to: 4, insert: 'and ' }],
])('makes %j to %j', (before, after, expected) => {
  const { from, to, insert } = replacement(before, after)
  expect(before.slice(0, from) + insert + before.slice(to)).toBe(after)
  expect({ from, to, insert }).toEqual(expected)
})
