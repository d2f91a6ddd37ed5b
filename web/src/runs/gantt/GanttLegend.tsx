/** What the bars mean: the kinds of stretch that this timeline has. */
import { useMemo } from 'react'

import type { GanttRow } from '../../graph/gantt'
import { KINDS, toneOfStretch } from './words'

export function GanttLegend({ rows }: { rows: readonly GanttRow[] }) {
  const kinds = useMemo(() => {
    const seen = new Set(rows.flatMap((row) => row.stretches.map(({ kind }) => kind)))
    return Object.entries(KINDS).filter(([kind]) => seen.has(kind))
  }, [rows])
  return (
    <ul aria-label="Kinds of stretch" className="flex flex-wrap gap-x-4 gap-y-1 text-[11px] text-ink-soft">
      {kinds.map(([kind, { label, means }]) => (
        <li key={kind} title={means} className="flex items-center gap-1.5">
          <span aria-hidden className="relative block h-3 w-4">
            <span
              data-kind={kind}
              data-tone={toneOfStretch({ kind, attempt: 1, from: 0, to: null, outcome: null })}
              className="gantt-bar !left-0 !w-full"
            />
          </span>
          {label}
        </li>
      ))}
    </ul>
  )
}
