import { expect, test } from 'vitest'

import type { Readiness } from '../api/types'
import { healthOf } from './health'

const titles = (ready: Readiness) => healthOf(ready).troubles.map((trouble) => trouble.title)

test.each<[Readiness, string, string[]]>([
  [{ status: 'ok' }, 'ok', []],
  [{ status: 'ok', checks: { store: 'ok', workers: true, redis: { status: 'ok' } } }, 'ok', []],
  [
    { status: 'degraded', checks: { store: 'ok', workers: 'no worker is running; accepted work waits' } },
    'degraded',
    ['No worker is running'],
  ],
  [
    { status: 'unavailable', checks: { store: "the store can't be reached" } },
    'down',
    ["The database can't be reached"],
  ],
  [
    { status: 'degraded', checks: { disk: 'nearly full', x: false, y: null } },
    'degraded',
    ['disk: nearly full', 'x', 'y'],
  ],
  [{ status: 'degraded', checks: { constructor: 'odd' } }, 'degraded', ['constructor: odd']],
  [
    { status: 'degraded', checks: { later: { status: 'none', detail: 'not seen' } } },
    'degraded',
    ['later: not seen'],
  ],
])('%j', (ready, level, expected) => {
  expect(healthOf(ready).level).toBe(level)
  expect(titles(ready)).toEqual(expected)
})

test('a known trouble tells what it means, and what the server says where that adds something', () => {
  const [redis] = healthOf({ status: 'degraded', checks: { redis: 'is full' } }).troubles
  expect(redis?.detail).toBe('is full')
  expect(redis?.meaning).toContain('claim directly from the database')
  const [workers] = healthOf({ status: 'degraded', checks: { workers: 'none' } }).troubles
  expect(workers?.detail).toBe('')
})
