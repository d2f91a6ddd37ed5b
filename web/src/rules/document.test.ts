import { expect, test } from 'vitest'

import {
  blankRule,
  conditionsOf,
  freshTrigger,
  jobsOf,
  othersOf,
  put,
  sampleTrigger,
  TRIGGERS,
  triggerWords,
  withOthers,
} from './document'

test('a field that says nothing is left out; the others keep their places', () => {
  const rule = { name: 'a', title: 'b', jobs: [] }
  expect(Object.keys(put(rule, 'title', 'c'))).toEqual(['name', 'title', 'jobs'])
  expect(put(rule, 'title', '')).toEqual({ name: 'a', jobs: [] })
  expect(put(rule, 'priority', 0)).toEqual({ ...rule, priority: 0 })
})

test('one condition as text is a list of one; parts of another form are not lost as text', () => {
  expect(conditionsOf({ conditions: 'a' })).toEqual(['a'])
  expect(conditionsOf({ conditions: ['a', 7] })).toEqual(['a', '7'])
  expect(conditionsOf({})).toEqual([])
  expect(jobsOf({ jobs: [{ kind: 'noop' }, 'x'] })).toEqual([{ kind: 'noop' }])
})

test('what a form has no field for goes there and back', () => {
  const job = { kind: 'noop', queue: 'q', retry: { max_attempts: 2 } }
  const known = ['kind', 'queue']
  expect(othersOf(job, known)).toEqual({ retry: { max_attempts: 2 } })
  expect(withOthers(job, known, othersOf(job, known))).toEqual(job)
  expect(withOthers(job, known, { tag: 'gpu', kind: 'other' })).toEqual({
    kind: 'noop',
    queue: 'q',
    tag: 'gpu',
  })
  expect(withOthers(job, known, undefined)).toEqual({ kind: 'noop', queue: 'q' })
})

test('every type of trigger has its words', () => {
  expect(TRIGGERS.map((type) => triggerWords(freshTrigger(type)))).toEqual([
    '',
    '0 7 * * * (UTC)',
    'every 1h',
    'at ',
    'webhook',
  ])
  expect(triggerWords({})).toBe('?')
})

test('a try begins with what the conditions are likely to read', () => {
  expect(sampleTrigger({ type: 'event', event: 'order.*' })).toEqual({ event: { type: 'order', data: {} } })
  expect(sampleTrigger({ type: 'event', event: '*' })).toEqual({ event: { type: 'event', data: {} } })
  expect(sampleTrigger({ type: 'cron' })).toEqual({})
})

test('a blank rule has what every rule needs', () => {
  expect(Object.keys(blankRule())).toEqual(['name', 'trigger', 'conditions', 'jobs'])
})
