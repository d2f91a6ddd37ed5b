import { expect, test } from 'vitest'

import { run } from './fixtures'
import { timelineOf } from './timeline'

const at = (second: number) => `2026-01-02T10:00:0${second}Z`
const time = (second: number) => Date.parse(at(second))

test('bars stand in the order of their start, as fractions of the run', () => {
  const { bars, span } = timelineOf(
    run(
      {
        second: { state: 'SUCCEEDED', started_at: at(2), finished_at: at(4) },
        first: { state: 'SUCCEEDED', started_at: at(0), finished_at: at(2) },
        skipped: { state: 'SKIPPED' },
      },
      { state: 'SUCCEEDED', finished_at: at(4) },
    ),
    0,
  )
  expect(span).toBe(4_000)
  expect(bars.map(({ id, from, width, duration }) => [id, from, width, duration])).toEqual([
    ['first', 0, 0.5, 2_000],
    ['second', 0.5, 0.5, 2_000],
  ])
})

test('what still goes on reaches to now', () => {
  const { bars, span } = timelineOf(run({ a: { state: 'RUNNING', started_at: at(1) } }), time(5))
  expect(span).toBe(5_000)
  expect(bars[0]).toMatchObject({ from: 0.2, width: 0.8, duration: 4_000 })
})

test('clocks that disagree never leave the axis', () => {
  const early = { state: 'SUCCEEDED', started_at: '2026-01-02T09:59:59Z', finished_at: at(1) } as const
  const ahead = { state: 'RUNNING', started_at: at(9) } as const
  const { bars } = timelineOf(run({ early, ahead }), time(5))
  for (const bar of bars) {
    expect(bar.from).toBeGreaterThanOrEqual(0)
    expect(bar.from).toBeLessThanOrEqual(1)
    expect(bar.from + bar.width).toBeLessThanOrEqual(1)
    expect(bar.duration).toBeGreaterThanOrEqual(0)
  }
})

test('a run without nodes has no bars', () => {
  const { bars } = timelineOf(run({}, { started_at: null }), time(0))
  expect(bars).toEqual([])
})
