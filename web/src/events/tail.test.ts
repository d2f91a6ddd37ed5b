import { expect, test } from 'vitest'

import type { HoldfastEvent } from '../api/types'
import { changed, EMPTY, fits, MOST, wholeType, type Change, type Tail } from './tail'

const event = (id: number): HoldfastEvent => ({
  id: String(id),
  type: 'order.paid',
  at: '2026-01-02T10:00:00Z',
  run: null,
  node: null,
  job: null,
  data: {},
})
const many = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => event(from + at))
const after = (...changes: Change[]) => changes.reduce<Tail>(changed, EMPTY)
const ids = (events: readonly HoldfastEvent[]) => events.map(({ id }) => Number(id))

test('the newest stands first, in the order in which they came', () => {
  const tail = after({ does: 'came', events: many(1, 2) }, { does: 'came', events: many(3, 4) })
  expect(ids(tail.events)).toEqual([4, 3, 2, 1])
})

test('no more than the bound is kept, and what is forgotten is counted', () => {
  const tail = after(
    { does: 'came', events: many(1, MOST) },
    { does: 'came', events: many(MOST + 1, MOST + 5) },
  )
  expect(tail.events).toHaveLength(MOST)
  expect(ids(tail.events).at(-1)).toBe(6)
  expect(tail.forgotten).toBe(5)
})

test('while it is paused nothing moves; resumed, what came meanwhile stands before the rest', () => {
  const paused = after(
    { does: 'came', events: many(1, 2) },
    { does: 'pause' },
    { does: 'came', events: many(3, 4) },
    { does: 'came', events: many(5, 5) },
  )
  expect(ids(paused.events)).toEqual([2, 1])
  expect(ids(paused.held)).toEqual([5, 4, 3])
  const resumed = changed(paused, { does: 'resume' })
  expect(ids(resumed.events)).toEqual([5, 4, 3, 2, 1])
  expect(resumed.held).toEqual([])
})

test('what is held is bounded too', () => {
  const tail = after({ does: 'pause' }, { does: 'came', events: many(1, MOST + 7) })
  expect(tail.held).toHaveLength(MOST)
  expect(changed(tail, { does: 'resume' }).forgotten).toBe(7)
})

test('clearing keeps the pause and forgets the rest', () => {
  const tail = after(
    { does: 'came', events: many(1, 2) },
    { does: 'pause' },
    { does: 'gap' },
    { does: 'clear' },
  )
  expect(tail).toEqual({ ...EMPTY, paused: true })
})

test.each([
  ['order.paid', 'order.*', true],
  ['order.paid', '*', true],
  ['reorder.paid', 'order.*', false],
  ['job.succeeded', 'succ', true],
  ['job.succeeded', '', true],
  ['job.failed', 'succ', false],
])('%s fits %s: %s', (type, pattern, expected) => {
  expect(fits(type, pattern)).toBe(expected)
})

test('only a known whole type is asked of the server', () => {
  expect(wholeType(' job.dead ', ['job.dead'])).toBe('job.dead')
  expect(wholeType('job.de', ['job.dead'])).toBeUndefined()
})
