/** What the pointed stretch is: kind, attempt, outcome, from when to when, how long. Read out when stepped to by keys. */
import type { ReactNode } from 'react'

import type { GanttRow, Stretch } from '../../graph/gantt'
import { lengthOf } from '../../graph/gantt'
import { clockTime, duration } from '../../ui/format'
import type { Pointed } from './usePointed'
import { KINDS, outcomeWords, toneOfStretch } from './words'

const WIDTH = 232

interface Props {
  pointed: Pointed
  row: GanttRow
  zero: number
  now: number
}

export function StretchCard({ pointed, row, zero, now }: Props) {
  const stretch = row.stretches[pointed.index]
  if (!stretch) return null
  const left = Math.min(Math.max(8, pointed.x - WIDTH / 2), window.innerWidth - WIDTH - 8)
  const below = pointed.bottom + 150 < window.innerHeight
  return (
    <div
      role="status"
      className="pointer-events-none fixed z-50 space-y-1 rounded-lg border border-line bg-panel px-3 py-2 text-xs shadow-float"
      style={{
        width: WIDTH,
        left,
        ...(below ? { top: pointed.bottom + 6 } : { bottom: window.innerHeight - pointed.top + 6 }),
      }}
    >
      <p className="flex items-center gap-2 font-medium">
        <span aria-hidden data-tone={toneOfStretch(stretch)} className="size-2 rounded-full bg-tone-mark" />
        {KINDS[stretch.kind]?.label ?? stretch.kind}
        <span className="ml-auto font-normal text-ink-soft tabular-nums">
          {duration((stretch.to ?? now) - stretch.from)}
        </span>
      </p>
      <p className="text-ink-soft">{KINDS[stretch.kind]?.means}</p>
      <p className="tabular-nums">
        <Fact name="Attempt">{stretch.attempt}</Fact>
        {stretch.outcome && <Fact name="Outcome">{outcomeWords(stretch.outcome)}</Fact>}
      </p>
      <p className="font-mono text-[11px] text-ink-faint tabular-nums">{timesOf(stretch, zero)}</p>
      <p className="border-t border-line pt-1 text-ink-faint tabular-nums">
        {pointed.index + 1} of {row.stretches.length} · {duration(lengthOf(row, now))} in all
      </p>
    </div>
  )
}

function timesOf({ from, to }: Stretch, zero: number): string {
  const time = (at: number) => clockTime(new Date(zero + at).toISOString())
  return `${time(from)} – ${to === null ? 'now' : time(to)}`
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <span className="mr-3">
      <span className="text-ink-faint">{name} </span>
      {children}
    </span>
  )
}
