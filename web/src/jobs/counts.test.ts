import { expect, test } from 'vitest'

import type { Queue } from '../api/queues'
import { compact, liveCounts } from './counts'

const queue = (name: string, part: Partial<Queue>): Queue => ({
  name,
  paused: false,
  concurrency: null,
  rate: null,
  priority: 0,
  retention: {},
  pending: 0,
  blocked: 0,
  scheduled: 0,
  running: 0,
  waiting: 0,
  oldest_due_at: null,
  ...part,
})

test('live states are summed over the queues, or read from one', () => {
  const queues = [queue('a', { pending: 2, running: 1 }), queue('b', { pending: 3, waiting: 4 })]
  expect(liveCounts(queues)).toEqual({ PENDING: 5, SCHEDULED: 0, RUNNING: 1, WAITING: 4 })
  expect(liveCounts(queues, 'b')).toEqual({ PENDING: 3, SCHEDULED: 0, RUNNING: 0, WAITING: 4 })
  expect(liveCounts(queues, 'none')['PENDING']).toBe(0)
})

test('counts in tight places', () => {
  expect([0, 999, 1_000, 1_234, 99_949, 123_456, 999_499, 2_500_000].map(compact)).toEqual([
    '0',
    '999',
    '1k',
    '1.2k',
    '99.9k',
    '123k',
    '999k',
    '2.5M',
  ])
})
