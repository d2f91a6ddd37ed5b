import { expect, test } from 'vitest'

import { passwordProblem } from './passwords'

test.each([
  ['short', '7 more characters.'],
  ['eleven char', '1 more character.'],
  ['twelve chars', null],
  ['🔑'.repeat(11), '1 more character.'],
  ['x'.repeat(256), null],
  ['x'.repeat(257), 'At most 256 characters.'],
  ['Ada@Example.COM', 'Not the address itself.'],
])('%j: %j', (password, problem) => {
  expect(passwordProblem(password, 'ada@example.com ')).toBe(problem)
})

test('without an address there is nothing that it may not be', () => {
  expect(passwordProblem('ada@example.com', null)).toBeNull()
})
