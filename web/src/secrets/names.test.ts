import { expect, test } from 'vitest'

import { nameProblem } from './names'

test.each(['', 'GITHUB', '_x9', 'a'.repeat(64)])('%j is fine', (name) => {
  expect(nameProblem(name)).toBeNull()
})

test.each(['9x', 'a-b', 'a b', 'ä', 'a'.repeat(65)])('%j is told', (name) => {
  expect(nameProblem(name)).not.toBeNull()
})
