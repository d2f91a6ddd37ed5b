import { expect, test } from 'vitest'

import type { Run } from '../api/types'
import { triggerOf } from './trigger'

test.each<[Run['trigger'], string, string]>([
  [null, 'manual', 'manual'],
  ['cron', 'cron', 'cron'],
  [{ type: 'manual', id: null, at: '2026-01-02T10:00:00Z' }, 'manual', 'manual'],
  [{ type: 'webhook', id: 'signup', body: {} }, 'webhook', 'webhook · signup'],
  [{ id: 'x' }, 'manual', 'manual · x'],
])('%j', (trigger, type, label) => {
  expect(triggerOf(trigger)).toEqual({ type, label })
})
