/** One node's row of the timeline. Memoised: neither the time nor the zoom is known here. */
import clsx from 'clsx'
import { memo, type CSSProperties } from 'react'

import type { GanttRow, Stretch } from '../../graph/gantt'
import { labelOf } from '../../graph/states'
import { plural } from '../../ui/format'
import { StateIcon } from '../../ui/StateBadge'
import { toneOfStretch } from './words'

interface Props {
  row: GanttRow
  title: string
  state: string
  selected: boolean
  onSelect: (node: string) => void
}

export const GanttRowLine = memo(function GanttRowLine({ row, title, state, selected, onSelect }: Props) {
  const attempts = new Set(row.stretches.filter(({ kind }) => kind === 'running').map((s) => s.attempt)).size
  return (
    <div role="listitem">
      <button
        type="button"
        data-row={row.node}
        aria-pressed={selected}
        onClick={() => onSelect(row.node)}
        className={clsx(
          'flex h-7 w-full items-center gap-3 rounded px-2 text-left hover:bg-raised focus-visible:-outline-offset-2',
          selected && 'bg-accent-soft',
        )}
      >
        <span className="flex w-28 shrink-0 items-center gap-1.5 sm:w-40">
          <StateIcon state={state} size={13} />
          <span className="truncate text-xs font-medium" title={title}>
            {title}
          </span>
          <span className="sr-only">
            {labelOf(state)}, {plural(attempts, 'attempt')}
          </span>
        </span>
        <span className="relative h-3.5 min-w-0 flex-1 overflow-hidden rounded-sm bg-raised">
          {row.stretches.map((stretch, index) => (
            <span
              key={index}
              data-stretch={index}
              data-tone={toneOfStretch(stretch)}
              data-kind={stretch.kind}
              className="gantt-bar"
              style={placeOf(stretch)}
            />
          ))}
        </span>
      </button>
    </div>
  )
})

function placeOf({ from, to }: Stretch): CSSProperties {
  return { '--a': from, ...(to === null ? {} : { '--b': to }) } as CSSProperties
}
