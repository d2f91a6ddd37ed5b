import { expect, test } from 'vitest'

import type { JobRecord } from '../api/jobs'
import { brief, preview, progressOf, reasonOf, shareOf } from './brief'

const now = Date.parse('2026-01-02T10:00:00Z')

/** Only what a brief reads. */
function job(part: Partial<JobRecord>): JobRecord {
  return {
    state: 'PENDING',
    attempt: 0,
    max_attempts: 10,
    run_at: '2026-01-02T10:05:00Z',
    blocked: false,
    concurrency_key: null,
    progress: null,
    error: null,
    ...part,
  } as JobRecord
}

test('what waits says for what', () => {
  expect(brief(job({ state: 'SCHEDULED' }), now)).toBe('due in 5 m')
  expect(brief(job({ state: 'SCHEDULED', attempt: 2 }), now)).toBe('attempt 2 failed; again in 5 m')
  expect(brief(job({ run_at: '2026-01-02T09:58:00Z' }), now)).toBe('due 2 m ago')
  expect(brief(job({ blocked: true, concurrency_key: 'customer:7' }), now)).toBe(
    'waits for a place at its key customer:7',
  )
})

test('what failed says its error in one line', () => {
  const error = { type: 'http', message: '503\n  from the\tother side' }
  expect(brief(job({ state: 'DEAD', error }), now)).toBe('http: 503 from the other side')
  expect(brief(job({ state: 'SUCCEEDED' }), now)).toBe('')
})

test('what runs says how far it is', () => {
  expect(brief(job({ state: 'RUNNING', attempt: 2 }), now)).toBe('attempt 2 of 10')
  expect(brief(job({ state: 'RUNNING', progress: { value: 0.25, note: 'reading' } }), now)).toBe(
    '25 % · reading',
  )
})

test('progress of any form is told, and a share gives a bar', () => {
  expect(progressOf({ progress: 'half way' })).toBe('half way')
  expect(progressOf({ progress: { done: 3, of: 9 } })).toBe('{"done":3,"of":9}')
  expect(shareOf({ progress: 0.5 })).toBe(0.5)
  expect(shareOf({ progress: { value: 0.25, note: '' } })).toBe(0.25)
  expect(shareOf({ progress: 12 })).toBeNull()
})

test('an unknown reason is shown, not hidden', () => {
  expect(reasonOf('claimed')).toBe('a worker took it')
  expect(reasonOf('moved_away')).toBe('moved away')
})

test('a value is shown by its beginning', () => {
  expect(preview({ a: 1 })).toBe('{"a":1}')
  expect([null, {}, []].map(preview)).toEqual(['', '', ''])
  expect(preview('x'.repeat(200))).toHaveLength(161)
})
