import { expect, test } from 'vitest'

import type { Readiness } from '../api/types'
import { healthOf, type Health } from './health'

test.each<[Readiness, Health]>([
  [{ status: 'ok' }, { level: 'ok', troubles: [] }],
  [
    { status: 'ok', checks: { store: 'ok', workers: true, redis: { status: 'ok' } } },
    { level: 'ok', troubles: [] },
  ],
  [
    { status: 'degraded', checks: { redis: 'away' } },
    { level: 'degraded', troubles: ['redis: away'] },
  ],
  [
    { status: 'degraded', checks: { store: 'ok', workers: { status: 'none', detail: 'no worker seen' } } },
    { level: 'degraded', troubles: ['workers: no worker seen'] },
  ],
  [
    { status: 'unavailable', checks: { store: { ok: false } } },
    { level: 'down', troubles: ['store'] },
  ],
  [
    { status: 'degraded', checks: { x: false, y: null } },
    { level: 'degraded', troubles: ['x', 'y'] },
  ],
])('%j', (ready, health) => {
  expect(healthOf(ready)).toEqual(health)
})
