import { expect, test } from 'vitest'

import type { Queue } from '../api/queues'
import { depthOf, described, partsOf, readConcurrency, readPriority, readRate } from './depth'

const queue = (part: Partial<Queue>): Queue => ({
  name: 'mail',
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

test('what waits for its key is a part of what is pending, and counted once', () => {
  const one = queue({ pending: 5, blocked: 2, running: 1 })
  expect(partsOf(one).map(({ state, count }) => [state, count])).toEqual([
    ['RUNNING', 1],
    ['PENDING', 3],
    ['PAUSED', 2],
  ])
  expect(depthOf(one)).toBe(6)
  expect(described(one)).toBe('1 running, 3 pending, 2 waiting for their key')
  expect(described(queue({}))).toBe('empty')
})

test('a limit is a number, or nothing', () => {
  expect(readConcurrency(' 20 ')).toEqual({ value: 20 })
  expect(readConcurrency('')).toEqual({ value: null })
  for (const text of ['0', '-1', '1.5', 'many', '1000001'])
    expect(readConcurrency(text)).toHaveProperty('wrong')
})

test('a rate is so many in a time', () => {
  expect(readRate('100/1m')).toEqual({ value: '100/1m' })
  expect(readRate('10 / s')).toEqual({ value: '10/1s' })
  expect(readRate('  ')).toEqual({ value: null })
  for (const text of ['100', '100/', 'a/1s', '10/1w']) expect(readRate(text)).toHaveProperty('wrong')
})

test('a priority lies between its ends; nothing is 0', () => {
  expect(readPriority('')).toEqual({ value: 0 })
  expect(readPriority('-100')).toEqual({ value: -100 })
  expect(readPriority('101')).toHaveProperty('wrong')
})
