import { expect, test } from 'vitest'

import type { Worker } from '../api/workers'
import { inOrder, isLate, summed } from './alive'

const worker = (id: string, part: Partial<Worker>): Worker => ({
  id,
  name: id,
  queues: ['*'],
  tags: [],
  host: 'h',
  pid: 1,
  concurrency: 10,
  running: 0,
  alive: true,
  started_at: '2026-01-02T10:00:00Z',
  heartbeat_at: '2026-01-02T10:00:00Z',
  expires_at: '2026-01-02T10:00:30Z',
  ...part,
})

test('those alive come first, then the newest', () => {
  const workers = [
    worker('gone', { alive: false, started_at: '2026-01-02T12:00:00Z' }),
    worker('old', {}),
    worker('new', { started_at: '2026-01-02T11:00:00Z' }),
  ]
  expect(inOrder(workers).map(({ id }) => id)).toEqual(['new', 'old', 'gone'])
})

test('places and work of those alive are summed', () => {
  const workers = [worker('a', { running: 3 }), worker('b', { running: 9, alive: false })]
  expect(summed(workers)).toEqual({ alive: 1, gone: 1, running: 3, places: 10 })
})

test('a sign of life is late after half of its lease', () => {
  const at = (time: string) => Date.parse(`2026-01-02T10:00:${time}Z`)
  expect(isLate(worker('a', {}), at('10'))).toBe(false)
  expect(isLate(worker('a', {}), at('16'))).toBe(true)
  expect(isLate(worker('a', { alive: false }), at('16'))).toBe(false)
})
