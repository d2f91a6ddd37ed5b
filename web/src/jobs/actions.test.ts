import { expect, test } from 'vitest'

import { can, canFind, described, told } from './actions'

test('what is possible in a state', () => {
  expect(can('retry', 'CANCELLED')).toBe(true)
  expect(can('retry', 'RUNNING')).toBe(false)
  expect(can('discard', 'CANCELLED')).toBe(false)
  expect(can('cancel', 'SCHEDULED')).toBe(true)
})

test('a filter must name something, and a state that fits', () => {
  expect(canFind('cancel', {})).toBe(false)
  expect(canFind('cancel', { queue: 'mail' })).toBe(true)
  expect(canFind('cancel', { queue: 'mail', state: 'DEAD' })).toBe(false)
  expect(canFind('retry', { state: 'DEAD' })).toBe(true)
  expect(canFind('retry', { ids: ['a'] })).toBe(true)
})

test('how many matched and how many changed is said', () => {
  expect(told('retry', { matched: 3, changed: 3 })).toBe('Retried 3 jobs')
  expect(told('cancel', { matched: 1, changed: 1 })).toBe('Cancelled 1 job')
  expect(told('retry', { matched: 5, changed: 3 })).toBe('Retried 3 of 5 jobs; 2 were left as they are')
  expect(told('discard', { matched: 5, changed: 4 })).toBe('Discarded 4 of 5 jobs; one was left as it is')
  expect(told('retry', { matched: 0, changed: 0 }, 'dead letter')).toBe(
    'Nothing to retry: no dead letter matched',
  )
  expect(told('retry', { matched: 2, changed: 2 }, 'dead letter', 'Replay')).toBe('Replayed 2 dead letters')
})

test('a filter in words', () => {
  expect(described({ state: 'DEAD', queue: 'mail', kind: 'fail' })).toBe(
    'dead, in the queue mail, of the kind fail',
  )
  expect(described({})).toBe('')
})
