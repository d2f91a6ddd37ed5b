import { expect, test } from 'vitest'

import type { Backfill, Clock } from '../api/schedules'
import { fieldOf, idleReason, instantOf, inZone, progressOf, wordsOf, zoneOf } from './times'

test('a clock in words', () => {
  expect(wordsOf({ cron: '0 7 * * *', timezone: 'Europe/Berlin' })).toBe('0 7 * * *')
  expect(wordsOf({ every: '15m' })).toBe('every 15m')
  expect(wordsOf({ at: '2026-12-24T18:00:00+01:00' })).toBe('once, Thu 24 Dec 2026, 17:00')
  expect(zoneOf({ cron: '0 7 * * *' })).toBe('UTC')
})

test('the same instant differs by zone, also over a change of the clocks', () => {
  expect(inZone('2026-03-29T00:30:00Z', 'Europe/Berlin')).toBe('Sun 29 Mar 2026, 01:30')
  expect(inZone('2026-03-29T01:30:00Z', 'Europe/Berlin')).toBe('Sun 29 Mar 2026, 03:30')
  expect(inZone('2026-03-29T00:00:07Z', 'UTC')).toBe('Sun 29 Mar 2026, 00:00:07')
})

test('an unknown zone and a time that is none give nothing', () => {
  expect(inZone('2026-03-29T00:30:00Z', 'Mars/Olympus')).toBeNull()
  expect(inZone('soon', 'UTC')).toBeNull()
})

const clock = (part: Partial<Clock>): Clock => ({
  row: 'r',
  id: 'nightly',
  type: 'cron',
  owner: { kind: 'workflow', id: 'w', name: 'orders' },
  active: true,
  paused: false,
  next_at: '2026-03-29T00:30:00Z',
  definition: {},
  created_at: '2026-03-29T00:30:00Z',
  ...part,
})

test.each<[Partial<Clock>, string | null]>([
  [{}, null],
  [{ paused: true, active: false }, 'paused'],
  [{ active: false }, 'the workflow is off, or no longer has it'],
  [{ next_at: null }, 'never again'],
])('%j is idle: %s', (part, reason) => {
  expect(idleReason(clock(part))).toBe(reason)
})

const backfill = (part: Partial<Backfill>): Backfill => ({
  id: 'b',
  trigger: 'r',
  state: 'RUNNING',
  from: '2026-03-01T00:00:00Z',
  to: '2026-03-05T00:00:00Z',
  concurrency: 1,
  started: 1,
  next_at: '2026-03-02T00:00:00Z',
  created_at: '2026-03-10T00:00:00Z',
  finished_at: null,
  cancelled_at: null,
  ...part,
})

test.each<[Partial<Backfill>, number]>([
  [{}, 0.25],
  [{ next_at: null }, 1],
  [{ next_at: null, started: 0 }, 0],
  [{ state: 'FINISHED', next_at: null }, 1],
  [{ state: 'CANCELLED', next_at: null }, 0],
  [{ to: '2026-03-01T00:00:00Z', next_at: '2026-03-01T00:00:00Z' }, 0],
])('%j has come %d', (part, share) => {
  expect(progressOf(backfill(part))).toBe(share)
})

test('a field of a time goes there and back', () => {
  const time = new Date(2026, 2, 5, 7, 9)
  expect(fieldOf(time)).toBe('2026-03-05T07:09')
  expect(instantOf(fieldOf(time))).toBe(time.toISOString())
  expect(instantOf('')).toBeNull()
})
