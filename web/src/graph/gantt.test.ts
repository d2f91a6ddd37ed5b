import { expect, test } from 'vitest'

import type { Segment } from '../api/types'
import { run } from './fixtures'
import { ganttOf, keepRows, lengthOf, panned, ticksOf, within, zoomed } from './gantt'

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 2, 10) + seconds * 1_000).toISOString()
const segment = (part: Partial<Segment>): Segment => ({
  node: 'enrich',
  job: 'j1',
  attempt: 1,
  kind: 'running',
  from: at(0),
  to: null,
  outcome: null,
  ...part,
})

const segments = [
  segment({ kind: 'waiting', to: at(1) }),
  segment({ from: at(1), to: at(3), outcome: 'failed' }),
  segment({ kind: 'backoff', attempt: 2, from: at(3), to: at(5) }),
  segment({ node: 'mail', from: at(4), to: at(6), outcome: 'succeeded' }),
  segment({ attempt: 2, from: at(5) }),
]

test('stretches stand by node, in milliseconds since the start, an open one without an end', () => {
  const gantt = ganttOf(run({}), segments)
  expect(gantt.rows.map((row) => row.node)).toEqual(['enrich', 'mail'])
  expect(gantt.rows[0]?.stretches.map(({ kind, from, to }) => [kind, from, to])).toEqual([
    ['waiting', 0, 1_000],
    ['running', 1_000, 3_000],
    ['backoff', 3_000, 5_000],
    ['running', 5_000, null],
  ])
  expect(gantt.end).toBe(6_000)
})

test('the run may have ended after its last stretch', () => {
  expect(ganttOf(run({}, { finished_at: at(9) }), segments).end).toBe(9_000)
})

test('a row that says the same stays the same object, one that went on is new', () => {
  const before = ganttOf(run({}), segments).rows
  const same = keepRows(ganttOf(run({}), segments).rows, before)
  expect(same).toBe(before)
  const ended = segments.map((item) => (item.to === null ? { ...item, to: at(7) } : item))
  const after = keepRows(ganttOf(run({}), ended).rows, before)
  expect(after[0]).not.toBe(before[0])
  expect(after[1]).toBe(before[1])
})

test('a row is as long as from its first stretch until now, or its last end', () => {
  const [enrich, mail] = ganttOf(run({}), segments).rows
  expect(enrich && lengthOf(enrich, 8_000)).toBe(8_000)
  expect(mail && lengthOf(mail, 8_000)).toBe(2_000)
})

const whole = { from: 0, to: 1_000 }

test('zooming keeps the time under the pointer in its place', () => {
  expect(zoomed(whole, 0.5, 250, whole)).toEqual({ from: 125, to: 625 })
  expect(zoomed({ from: 100, to: 200 }, 100, 150, whole)).toEqual(whole)
  expect(zoomed({ from: 100, to: 110 }, 0.01, 105, whole).to).toBeCloseTo(107.5)
})

test('panning and fitting move a span without squeezing it', () => {
  expect(panned({ from: 100, to: 300 }, -500, whole)).toEqual({ from: 0, to: 200 })
  expect(panned({ from: 100, to: 300 }, 5_000, whole)).toEqual({ from: 800, to: 1_000 })
  expect(within({ from: -50, to: 5_000 }, whole)).toEqual(whole)
})

test('ticks are round and few', () => {
  expect(ticksOf({ from: 0, to: 1_000 }, 5)).toEqual([0, 200, 400, 600, 800, 1_000])
  expect(ticksOf({ from: 333, to: 7_321 }, 4)).toEqual([2_000, 4_000, 6_000])
  expect(ticksOf({ from: 0, to: 30 * 86_400_000 }, 5)).toHaveLength(6)
})
