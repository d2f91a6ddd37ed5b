import { expect, test } from 'vitest'

import type { JobRecord } from '../api/jobs'
import { reasonsOf } from './reasons'

const dead = (kind: string, type?: string) => ({ kind, error: type ? { type } : null }) as JobRecord

test('letters of one kind and error are counted together, the most frequent first', () => {
  const jobs = [dead('b', 'http'), dead('a', 'http'), dead('a', 'http'), dead('a', 'lost'), dead('c')]
  expect(reasonsOf(jobs)).toEqual([
    { kind: 'a', error: 'http', count: 2 },
    { kind: 'a', error: 'lost', count: 1 },
    { kind: 'b', error: 'http', count: 1 },
    { kind: 'c', error: 'without an error', count: 1 },
  ])
})
