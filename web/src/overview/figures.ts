/**
 * What the charts and tiles of the overview show, from the API's figures. Pure.
 *
 * Counts become rates per minute, so that windows of other steps compare. The newest step still goes on: it is measured
 * by the time that has passed in it, and left open while that is too little to say anything.
 */
import type { Figures, QueuePoint, Statistics, StatisticsPoint } from '../api/statistics'

export interface Series {
  label: string
  /** A token of app.css. */
  colour: string
  values: (number | null)[]
  /** A soft area below the line. */
  filled?: boolean
}

const MINUTE = 60_000
/** Less of a step than this says nothing yet. */
const LEAST = 0.25
const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: MINUTE, h: 60 * MINUTE, d: 1_440 * MINUTE }

/** `1m`, `15m`, `2h` in milliseconds. */
export function lengthOf(step: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(step)
  return Number(match?.[1] ?? 1) * (UNITS[match?.[2] ?? 'm'] ?? MINUTE)
}

/** In seconds, as the charts take them. */
export function timesOf(statistics: Statistics): number[] {
  return statistics.points.map((point) => Date.parse(point.at) / 1_000)
}

/** How many minutes of each step have passed; null while that is too little. */
export function minutesOf(statistics: Statistics): (number | null)[] {
  const step = lengthOf(statistics.step)
  const now = Date.parse(statistics.to)
  return statistics.points.map((point) => {
    const passed = Math.min(step, now - Date.parse(point.at))
    return passed < step * LEAST ? null : passed / MINUTE
  })
}

function rates(statistics: Statistics, count: (point: StatisticsPoint) => number): (number | null)[] {
  const minutes = minutesOf(statistics)
  return statistics.points.map((point, index) => {
    const passed = minutes[index]
    return passed ? count(point) / passed : null
  })
}

/** What is measured in each step, but for one that has hardly begun: a few jobs aren't a rate. */
function open(statistics: Statistics, measure: (point: StatisticsPoint) => number | null): (number | null)[] {
  const minutes = minutesOf(statistics)
  return statistics.points.map((point, index) => (minutes[index] === null ? null : measure(point)))
}

export function throughput(statistics: Statistics): Series[] {
  return [
    {
      label: 'Succeeded',
      colour: '--success-mark',
      filled: true,
      values: rates(statistics, (point) => point.succeeded),
    },
    {
      label: 'Failed or dead',
      colour: '--failure-mark',
      values: rates(statistics, (point) => point.failed + point.dead),
    },
    { label: 'Retried', colour: '--waiting-mark', values: rates(statistics, (point) => point.retried) },
  ]
}

export function runRates(statistics: Statistics): Series[] {
  return [
    {
      label: 'Started',
      colour: '--running-mark',
      filled: true,
      values: rates(statistics, (point) => point.runs.started),
    },
    {
      label: 'Succeeded',
      colour: '--success-mark',
      values: rates(statistics, (point) => point.runs.succeeded),
    },
    { label: 'Failed', colour: '--failure-mark', values: rates(statistics, (point) => point.runs.failed) },
  ]
}

/** Of the jobs that ended by themselves, how many succeeded, in %; null where none did. */
export function successRate(figures: Pick<Figures, 'succeeded' | 'failed' | 'dead'>): number | null {
  const ended = figures.succeeded + figures.failed + figures.dead
  return ended === 0 ? null : (figures.succeeded / ended) * 100
}

export function successRates(statistics: Statistics): Series[] {
  const values = open(statistics, successRate)
  return [{ label: 'Success rate', colour: '--success-mark', filled: true, values }]
}

export function times(statistics: Statistics, what: 'wait_ms' | 'run_ms'): Series[] {
  return [
    {
      label: '95th percentile',
      colour: '--queued-mark',
      values: open(statistics, (point) => point[what]?.p95 ?? null),
    },
    {
      label: 'Median',
      colour: '--running-mark',
      filled: true,
      values: open(statistics, (point) => point[what]?.p50 ?? null),
    },
  ]
}

const QUEUE_COLOURS = [
  '--running-mark',
  '--queued-mark',
  '--waiting-mark',
  '--success-mark',
  '--failure-mark',
  '--neutral-mark',
] as const
const REST = '--neutral-mark'

/** Due work by queue: the deepest ones alone, the others together, so that each keeps a colour of its own. */
export function depths(statistics: Statistics): Series[] {
  const deepest = [...statistics.queues].sort((a, b) => most(b.points) - most(a.points))
  const alone = deepest.slice(0, QUEUE_COLOURS.length - (deepest.length > QUEUE_COLOURS.length ? 1 : 0))
  const rest = deepest.slice(alone.length)
  const series = alone.map((queue, index) => ({
    label: queue.name,
    colour: QUEUE_COLOURS[index] ?? REST,
    values: queue.points.map((point) => point.pending as number | null),
  }))
  if (rest.length === 0) return series
  const values = statistics.points.map((_, index) =>
    rest.reduce((sum, queue) => sum + (queue.points[index]?.pending ?? 0), 0),
  )
  return [...series, { label: `${rest.length} others`, colour: REST, values }]
}

function most(points: readonly QueuePoint[]): number {
  return Math.max(0, ...points.map((point) => point.pending))
}

/** Of the whole window: jobs that ended by themselves in a minute, on the average. */
export function perMinute(statistics: Statistics): number {
  const { succeeded, failed, dead } = statistics.totals
  const minutes = minutesOf(statistics).reduce<number>((sum, passed) => sum + (passed ?? 0), 0)
  return minutes === 0 ? 0 : (succeeded + failed + dead) / minutes
}

/** `0.04`, `3.2`, `120`, `1.2k`: as exact as is of use. */
export function figure(value: number): string {
  if (value === 0) return '0'
  if (value < 0.1) return value.toFixed(2)
  if (value < 100) return value.toFixed(1).replace(/\.0$/, '')
  if (value < 10_000) return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',')
  if (value < 999_950) return `${(value / 1_000).toFixed(1).replace(/\.0$/, '')}k`
  return `${(value / 1_000_000).toFixed(1).replace(/\.0$/, '')}M`
}

/** `99.95 %`; never rounded up to 100. */
export function percent(value: number): string {
  if (value === 100) return '100 %'
  if (value > 99) return `${(Math.floor(value * 100) / 100).toFixed(2)} %`
  return `${value.toFixed(1).replace(/\.0$/, '')} %`
}

const SIZES = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
] as const

/** A length of time at an axis, in one unit: `250 ms`, `1.5 s`, `2 m`. */
export function tick(ms: number): string {
  if (ms === 0) return '0'
  const [size, unit] = SIZES.find(([least]) => ms >= least) ?? [1, 'ms']
  return `${Number((ms / size).toFixed(1))} ${unit}`
}
