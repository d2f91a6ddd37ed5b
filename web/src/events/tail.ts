/**
 * What a live tail keeps: the newest events first, never more than `MOST`, and while it is paused those that came since.
 *
 * Pure. What falls out is forgotten from its old end; `forgotten` counts it, so that the page can say so.
 */
import type { HoldfastEvent } from '../api/types'

export const MOST = 2_000

export interface Tail {
  /** Newest first. */
  events: readonly HoldfastEvent[]
  /** Came while it was paused; newest first. */
  held: readonly HoldfastEvent[]
  paused: boolean
  forgotten: number
  /** Some were deleted before they could be read. */
  gap: boolean
}

export const EMPTY: Tail = { events: [], held: [], paused: false, forgotten: 0, gap: false }

export type Change =
  | { does: 'came'; events: readonly HoldfastEvent[] }
  | { does: 'gap' }
  | { does: 'pause' }
  | { does: 'resume' }
  | { does: 'clear' }

export function changed(tail: Tail, change: Change): Tail {
  switch (change.does) {
    case 'came':
      return tail.paused ? hold(tail, change.events) : add(tail, change.events.toReversed())
    case 'gap':
      return { ...tail, gap: true }
    case 'pause':
      return { ...tail, paused: true }
    case 'resume':
      return add({ ...tail, paused: false, held: [] }, tail.held)
    case 'clear':
      return { ...EMPTY, paused: tail.paused }
  }
}

function add(tail: Tail, newest: readonly HoldfastEvent[]): Tail {
  const all = [...newest, ...tail.events]
  return {
    ...tail,
    events: all.slice(0, MOST),
    forgotten: tail.forgotten + Math.max(0, all.length - MOST),
  }
}

function hold(tail: Tail, came: readonly HoldfastEvent[]): Tail {
  const all = [...came.toReversed(), ...tail.held]
  return {
    ...tail,
    held: all.slice(0, MOST),
    forgotten: tail.forgotten + Math.max(0, all.length - MOST),
  }
}

/** Whether a type answers a pattern: `*` stands for any rest; without one it may stand anywhere in the type. */
export function fits(type: string, pattern: string): boolean {
  const wanted = pattern.trim()
  if (wanted.endsWith('*')) return type.startsWith(wanted.slice(0, -1))
  return type.includes(wanted)
}

/** What the server can filter by itself: a whole type, but no pattern. The rest is left to `fits`. */
export function wholeType(pattern: string, known: readonly string[]): string | undefined {
  const wanted = pattern.trim()
  return known.includes(wanted) ? wanted : undefined
}
