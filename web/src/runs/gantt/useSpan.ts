/**
 * Which part of the timeline is looked at. The whole by default; zoomed in, it follows the live edge as long as it reaches it.
 */
import { useState } from 'react'

import { panned, within, zoomed, type Span } from '../../graph/gantt'

interface Chosen extends Span {
  follows: boolean
}

export interface SpanControl {
  span: Span
  isWhole: boolean
  /** By a factor (below 1: closer) around a time; without one around the middle. */
  zoom: (factor: number, at?: number) => void
  /** By a share of what is seen. */
  pan: (share: number) => void
  show: (span: Span) => void
  showAll: () => void
}

export function useSpan(end: number): SpanControl {
  const [chosen, choose] = useState<Chosen | null>(null)
  const whole = { from: 0, to: end }
  const span = chosen ? placed(chosen, whole) : whole
  const take = (next: Span) => {
    const isWhole = next.from <= whole.from && next.to >= whole.to
    choose(isWhole ? null : { ...next, follows: next.to >= whole.to })
  }
  return {
    span,
    isWhole: chosen === null,
    zoom: (factor, at = (span.from + span.to) / 2) => take(zoomed(span, factor, at, whole)),
    pan: (share) => take(panned(span, share * (span.to - span.from), whole)),
    show: (next) => take(within(next, whole)),
    showAll: () => choose(null),
  }
}

function placed(chosen: Chosen, whole: Span): Span {
  const by = chosen.follows ? whole.to - chosen.to : 0
  return within({ from: chosen.from + by, to: chosen.to + by }, whole)
}
