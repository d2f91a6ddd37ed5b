import { expect, test } from 'vitest'

import type { Firing } from '../api/firings'
import { VERDICTS } from '../api/firings'
import type { Json } from '../api/types'
import { conditionsIn, isReplayable, pairsOf, verdictOf } from './verdicts'

test('every verdict has its words; an unknown one is shown by its own name', () => {
  for (const verdict of VERDICTS) expect(verdictOf(verdict).meaning).not.toBe('')
  expect(verdictOf('constructor').label).toBe('constructor')
})

test('conditions are read from a detail of any form', () => {
  expect(
    conditionsIn({ conditions: [{ condition: 'a > 1', met: true, reason: 'true: a is 2' }, 7] }),
  ).toEqual([{ condition: 'a > 1', met: true, reason: 'true: a is 2' }])
  for (const detail of [null, 3, [], { conditions: 'x' }, { tenants: {} }] as Json[])
    expect(conditionsIn(detail)).toEqual([])
})

test('pairs show repeated values side by side, and values that are no text as JSON', () => {
  expect(pairsOf({ a: ['1', '2'], b: 'x', c: { d: 1 } })).toEqual([
    ['a', '1, 2'],
    ['b', 'x'],
    ['c', '{\n  "d": 1\n}'],
  ])
  expect(pairsOf('text')).toEqual([])
})

test('only deliveries of which something is kept can be replayed', () => {
  const firing = { type: 'webhook', given: {} } as Firing
  expect(isReplayable(firing)).toBe(true)
  expect(isReplayable({ ...firing, given: null })).toBe(false)
  expect(isReplayable({ ...firing, type: 'cron' })).toBe(false)
})
