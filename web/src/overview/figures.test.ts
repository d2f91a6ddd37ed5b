import { expect, test } from 'vitest'

import type { Figures, Statistics } from '../api/statistics'
import {
  depths,
  figure,
  lengthOf,
  minutesOf,
  percent,
  perMinute,
  successRate,
  successRates,
  throughput,
  tick,
  times,
  timesOf,
} from './figures'

const none: Figures = {
  started: 0,
  succeeded: 0,
  failed: 0,
  dead: 0,
  cancelled: 0,
  retried: 0,
  wait_ms: null,
  run_ms: null,
  runs: { started: 0, succeeded: 0, failed: 0, cancelled: 0 },
}

/** Three steps of five minutes; the last has gone on for `seconds`. */
function statistics(seconds: number, part: Partial<Statistics> = {}): Statistics {
  return {
    from: '2026-01-02T10:00:00Z',
    to: `2026-01-02T10:${String(10 + Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}Z`,
    step: '5m',
    points: [
      { ...none, at: '2026-01-02T10:00:00Z', succeeded: 50, run_ms: { p50: 10, p95: 90 } },
      { ...none, at: '2026-01-02T10:05:00Z', succeeded: 5, failed: 3, dead: 2 },
      { ...none, at: '2026-01-02T10:10:00Z', succeeded: 20 },
    ],
    queues: [],
    totals: { ...none, succeeded: 75, failed: 3, dead: 2 },
    ...part,
  }
}

test('lengths of steps', () => {
  expect([lengthOf('1m'), lengthOf('15m'), lengthOf('2h'), lengthOf('30s')]).toEqual([
    60_000, 900_000, 7_200_000, 30_000,
  ])
})

test('the step that goes on is measured by what has passed of it', () => {
  expect(minutesOf(statistics(120))).toEqual([5, 5, 2])
  expect(throughput(statistics(120))[0]?.values).toEqual([10, 1, 10])
  expect(throughput(statistics(120))[1]?.values).toEqual([0, 1, 0])
})

test('a step that has hardly begun is left open', () => {
  expect(throughput(statistics(30))[0]?.values).toEqual([10, 1, null])
  expect(successRates(statistics(30))[0]?.values).toEqual([100, 50, null])
})

test('the success rate is of those that ended by themselves', () => {
  expect(successRate(none)).toBeNull()
  expect(successRate({ succeeded: 3, failed: 1, dead: 0 })).toBe(75)
  expect(successRates(statistics(120))[0]?.values).toEqual([100, 50, 100])
})

test('times are open where nothing was measured', () => {
  const [slow, median] = times(statistics(120), 'run_ms')
  expect(slow?.values).toEqual([90, null, null])
  expect(median?.values).toEqual([10, null, null])
  expect(timesOf(statistics(120))).toHaveLength(3)
})

test('the deepest queues stand alone, the others together', () => {
  const queue = (name: string, ...pending: number[]) => ({
    name,
    points: pending.map((count) => ({ at: '', pending: count, running: 0, scheduled: 0, oldest_ms: null })),
  })
  const few = depths(statistics(0, { queues: [queue('a', 1, 2, 3), queue('b', 9, 0, 0)] }))
  expect(few.map(({ label }) => label)).toEqual(['b', 'a'])
  const many = depths(statistics(0, { queues: Array.from({ length: 9 }, (_, n) => queue(`q${n}`, n, n, n)) }))
  expect(many.map(({ label }) => label)).toEqual(['q8', 'q7', 'q6', 'q5', 'q4', '4 others'])
  expect(many.at(-1)?.values).toEqual([6, 6, 6])
  expect(new Set(many.map(({ colour }) => colour)).size).toBe(6)
})

test('the average counts the time that has passed', () => {
  expect(perMinute(statistics(120))).toBeCloseTo(80 / 12)
})

test('figures are as exact as is of use', () => {
  expect([0, 0.04, 3.24, 42, 120.4, 1_234, 12_345, 2_500_000].map(figure)).toEqual([
    '0',
    '0.04',
    '3.2',
    '42',
    '120',
    '1,234',
    '12.3k',
    '2.5M',
  ])
  expect([100, 99.999, 99.5, 42.25].map(percent)).toEqual(['100 %', '99.99 %', '99.50 %', '42.3 %'])
})

test('lengths of time at an axis are told in one unit', () => {
  expect([0, 0.5, 250, 1_500, 60_000, 90_000, 7_200_000].map(tick)).toEqual([
    '0',
    '0.5 ms',
    '250 ms',
    '1.5 s',
    '1 m',
    '1.5 m',
    '2 h',
  ])
})
