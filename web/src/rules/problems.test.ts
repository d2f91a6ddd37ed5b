import { expect, test } from 'vitest'

import { errorAt, messagesAt, ofRule } from './problems'

const problems = ofRule([
  { path: 'rule.name', message: 'is required' },
  { path: 'conditions[1]', message: 'unknown name' },
  { path: 'rule.jobs[0].payload.order', message: 'bad template' },
  { path: 'jobs[10].kind', message: 'bad kind' },
])

test('a try of an unsaved rule tells the same places', () => {
  expect(messagesAt(problems, 'name')).toEqual(['is required'])
})

test('what is inside a part is told there, with the rest of its path', () => {
  expect(messagesAt(problems, 'jobs[0]')).toEqual(['payload.order: bad template'])
  expect(messagesAt(problems, 'jobs[1]')).toEqual([])
  expect(errorAt(problems, 'conditions[1]')).toBe('unknown name')
  expect(errorAt(problems, 'conditions[0]')).toBeNull()
})
