/**
 * A run's nodes as bars on one time axis, in the order they started. Pure: `now` is given.
 *
 * A node that hasn't started has no bar. Fractions are of the run's whole span; a bar that began but has no end reaches
 * to `now`. Clocks may disagree: bars are kept inside the axis.
 */
import type { Run } from '../api/types'

export interface Bar {
  id: string
  state: string
  attempts: number
  /** Fractions of the axis, 0 to 1. */
  from: number
  width: number
  /** Milliseconds. */
  duration: number
}

export interface Timeline {
  bars: Bar[]
  /** Milliseconds between the run's start and its end, or `now`. */
  span: number
}

export function timelineOf(run: Run, now: number): Timeline {
  const start = Date.parse(run.started_at ?? run.created_at)
  const started = Object.entries(run.nodes ?? {}).flatMap(([id, node]) =>
    node.started_at === null
      ? []
      : [{ id, node, from: Date.parse(node.started_at), to: endOf(node.finished_at, now) }],
  )
  const end = Math.max(start, run.finished_at ? Date.parse(run.finished_at) : now, ...finished(started))
  const span = Math.max(1, end - start)
  const bars = started
    .sort((a, b) => a.from - b.from || a.to - b.to)
    .map(({ id, node, from, to }) => ({
      id,
      state: node.state,
      attempts: node.attempts,
      from: inside((from - start) / span),
      width: inside((Math.min(to, end) - Math.max(from, start)) / span),
      duration: Math.max(0, to - from),
    }))
  return { bars, span }
}

function endOf(finishedAt: string | null, now: number): number {
  return finishedAt === null ? now : Date.parse(finishedAt)
}

function finished(started: { node: { finished_at: string | null }; to: number }[]): number[] {
  return started.filter(({ node }) => node.finished_at !== null).map(({ to }) => to)
}

function inside(fraction: number): number {
  return Math.min(1, Math.max(0, fraction))
}
