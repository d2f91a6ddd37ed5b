import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { coalesce } from './coalesce'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('the first signal acts at once, a burst acts once more at its end', () => {
  const act = vi.fn()
  const signal = coalesce(act, 200)
  for (let count = 0; count < 50; count++) signal()
  expect(act).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(200)
  expect(act).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(10_000)
  expect(act).toHaveBeenCalledTimes(2)
})

test('a stream of signals costs one call per wait, and the last one is acted on', () => {
  const act = vi.fn()
  const signal = coalesce(act, 200)
  for (let at = 0; at < 950; at += 10) {
    signal()
    vi.advanceTimersByTime(10)
  }
  const during = act.mock.calls.length
  expect(during).toBeLessThanOrEqual(6)
  vi.advanceTimersByTime(200)
  expect(act.mock.calls.length).toBe(during + 1)
})

test('after a stop nothing acts, and a later signal acts at once again', () => {
  const act = vi.fn()
  const signal = coalesce(act, 200)
  signal()
  signal()
  signal.stop()
  vi.advanceTimersByTime(1_000)
  expect(act).toHaveBeenCalledTimes(1)
  signal()
  expect(act).toHaveBeenCalledTimes(2)
})
