import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { paced } from './paced'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A read that takes `ms`; answers how often it began and how many went on at once at most. */
function slow(ms: number) {
  const seen = { begun: 0, now: 0, most: 0 }
  const read = async () => {
    seen.begun += 1
    seen.now += 1
    seen.most = Math.max(seen.most, seen.now)
    await new Promise((resolve) => setTimeout(resolve, ms))
    seen.now -= 1
  }
  return { seen, read }
}

test('the first signal reads at once, a burst makes one more read', async () => {
  const { seen, read } = slow(10)
  const signal = paced(read, 200)
  for (let count = 0; count < 50; count += 1) signal()
  expect(seen.begun).toBe(1)
  await vi.advanceTimersByTimeAsync(199)
  expect(seen.begun).toBe(1)
  await vi.advanceTimersByTimeAsync(2)
  expect(seen.begun).toBe(2)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(seen.begun).toBe(2)
})

test('a slow read is never overtaken and leaves as much time free as it took', async () => {
  const { seen, read } = slow(500)
  const signal = paced(read, 200)
  for (let at = 0; at < 2_900; at += 20) {
    signal()
    await vi.advanceTimersByTimeAsync(20)
  }
  expect(seen.most).toBe(1)
  expect(seen.begun).toBe(3)
})

test('a failed read is followed by the next one', async () => {
  let count = 0
  const signal = paced(() => {
    count += 1
    return Promise.reject(new Error('away'))
  }, 100)
  signal()
  signal()
  await vi.advanceTimersByTimeAsync(100)
  expect(count).toBe(2)
})

test('stop drops what waits', async () => {
  const { seen, read } = slow(10)
  const signal = paced(read, 200)
  signal()
  signal()
  signal.stop()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(seen.begun).toBe(1)
})
