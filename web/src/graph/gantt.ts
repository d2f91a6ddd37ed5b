/**
 * A run's timeline as rows of stretches, and the span of it that is looked at. Pure: `now` is given.
 *
 * All times are milliseconds since the run's first stretch or start, whichever is first, so that they are small numbers
 * that never change: what is live is only the right edge. A stretch that lasts has no end.
 */
import type { Run, Segment } from '../api/types'

export type StretchKind = 'waiting' | 'running' | 'backoff' | 'parked' | 'held'

export interface Stretch {
  kind: string
  attempt: number
  from: number
  to: number | null
  outcome: string | null
}

export interface GanttRow {
  node: string
  stretches: readonly Stretch[]
}

export interface Gantt {
  /** What zero is, in milliseconds of the epoch. */
  zero: number
  rows: readonly GanttRow[]
  /** The end of the last thing that ended. */
  end: number
}

/** Times from `from` to `to`. */
export interface Span {
  from: number
  to: number
}

type Times = Pick<Run, 'created_at' | 'started_at' | 'finished_at'>

export function ganttOf(run: Times, segments: readonly Segment[]): Gantt {
  const start = Date.parse(run.started_at ?? run.created_at)
  const zero = Math.min(start, ...segments.map((segment) => Date.parse(segment.from)))
  const rows = new Map<string, Stretch[]>()
  for (const segment of segments) {
    const row = rows.get(segment.node) ?? []
    rows.set(segment.node, row)
    row.push(stretchOf(segment, zero))
  }
  const ends = [...rows.values()].flat().map(({ from, to }) => to ?? from)
  const finished = run.finished_at === null ? 0 : Date.parse(run.finished_at) - zero
  return {
    zero,
    rows: [...rows].map(([node, stretches]) => ({ node, stretches })),
    end: Math.max(1, finished, ...ends),
  }
}

function stretchOf(segment: Segment, zero: number): Stretch {
  return {
    kind: segment.kind,
    attempt: segment.attempt,
    from: Date.parse(segment.from) - zero,
    to: segment.to === null ? null : Date.parse(segment.to) - zero,
    outcome: segment.outcome,
  }
}

/** The rows of before wherever they say the same, so that only what changed is drawn again. */
export function keepRows(next: readonly GanttRow[], previous: readonly GanttRow[]): readonly GanttRow[] {
  const known = new Map(previous.map((row) => [row.node, row]))
  const kept = next.map((row) => {
    const before = known.get(row.node)
    return before && sameRow(before, row) ? before : row
  })
  return kept.length === previous.length && kept.every((row, index) => row === previous[index])
    ? previous
    : kept
}

function sameRow(a: GanttRow, b: GanttRow): boolean {
  return (
    a.stretches.length === b.stretches.length &&
    a.stretches.every((one, index) => {
      const other = b.stretches[index]
      return other && one.kind === other.kind && one.from === other.from && one.to === other.to
    })
  )
}

const SHORTEST = 5

/** Zoomed by `factor` (below 1: closer), with the time `at` staying where it is; never beyond `whole`. */
export function zoomed(span: Span, factor: number, at: number, whole: Span): Span {
  const length = clamp((span.to - span.from) * factor, SHORTEST, whole.to - whole.from)
  const share = (at - span.from) / (span.to - span.from)
  return within({ from: at - share * length, to: at + (1 - share) * length }, whole)
}

export function panned(span: Span, by: number, whole: Span): Span {
  return within({ from: span.from + by, to: span.to + by }, whole)
}

/** Moved, not squeezed, into `whole`; `whole` itself where it is longer. */
export function within(span: Span, whole: Span): Span {
  const length = Math.min(span.to - span.from, whole.to - whole.from)
  const from = clamp(span.from, whole.from, whole.to - length)
  return { from, to: from + length }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), Math.max(least, most))
}

const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000,
]

/** Round times in the span, at most `most` of them. */
export function ticksOf(span: Span, most: number): number[] {
  const wanted = (span.to - span.from) / Math.max(1, most)
  const day = 86_400_000
  const step = STEPS.find((item) => item >= wanted) ?? Math.ceil(wanted / day) * day
  const ticks: number[] = []
  for (let at = Math.ceil(span.from / step) * step; at <= span.to; at += step) ticks.push(at)
  return ticks
}

/** How long the row's node has been at it, from its first stretch on. */
export function lengthOf(row: GanttRow, now: number): number {
  const first = row.stretches[0]?.from ?? 0
  const last = row.stretches.reduce((end, { to }) => Math.max(end, to ?? now), first)
  return last - first
}
