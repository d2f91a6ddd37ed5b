/** A run's nodes as bars on its time axis. While the run goes on the axis grows once a second. */
import clsx from 'clsx'

import type { Definition, Run } from '../api/types'
import { isEnd, labelOf, toneOf } from '../graph/states'
import { timelineOf, type Bar } from '../graph/timeline'
import { titleIn } from '../graph/view'
import { duration } from '../ui/format'
import { StateIcon } from '../ui/StateBadge'
import { useNow } from '../ui/useNow'

interface Props {
  run: Run
  definition: Definition
  selected: string | undefined
  onSelect: (node: string) => void
}

export function TimelineStrip(props: Props) {
  return isEnd(props.run.state) ? <Strip {...props} now={0} /> : <Growing {...props} />
}

function Growing(props: Props) {
  return <Strip {...props} now={useNow(1_000) + 1_000} />
}

function Strip({ run, definition, selected, onSelect, now }: Props & { now: number }) {
  const { bars, span } = timelineOf(run, now)
  if (bars.length === 0) return <p className="px-4 py-4 text-ink-soft">No node has started yet.</p>
  return (
    <div className="px-2 py-2">
      <ul>
        {bars.map((bar) => (
          <li key={bar.id}>
            <BarRow
              bar={bar}
              title={titleIn(definition, bar.id)}
              selected={bar.id === selected}
              onSelect={onSelect}
            />
          </li>
        ))}
      </ul>
      <div
        aria-hidden
        className="mt-1 ml-[calc(8rem+1.25rem)] mr-[4.75rem] flex justify-between text-[11px] text-ink-faint tabular-nums max-sm:ml-[calc(6rem+1.25rem)]"
      >
        <span>0</span>
        <span>{duration(span / 2)}</span>
        <span>{duration(span)}</span>
      </div>
    </div>
  )
}

interface BarRowProps {
  bar: Bar
  title: string
  selected: boolean
  onSelect: (node: string) => void
}

function BarRow({ bar, title, selected, onSelect }: BarRowProps) {
  return (
    <button
      type="button"
      aria-pressed={selected}
      onClick={() => onSelect(bar.id)}
      className={clsx(
        'flex h-7 w-full items-center gap-3 rounded px-2 text-left hover:bg-raised',
        selected && 'bg-accent-soft',
      )}
    >
      <span className="flex w-24 shrink-0 items-center gap-1.5 sm:w-32">
        <StateIcon state={bar.state} size={13} />
        <span className="truncate text-xs font-medium" title={title}>
          {title}
        </span>
        <span className="sr-only">{labelOf(bar.state)}</span>
      </span>
      <span className="relative h-3 min-w-0 flex-1 rounded-sm bg-raised">
        <span
          data-tone={toneOf(bar.state)}
          className="absolute inset-y-0 min-w-[3px] rounded-sm bg-tone-mark"
          style={{ left: `min(${bar.from * 100}%, calc(100% - 3px))`, width: `${bar.width * 100}%` }}
        />
      </span>
      <span className="w-14 shrink-0 text-right text-xs text-ink-soft tabular-nums">
        {duration(bar.duration)}
      </span>
    </button>
  )
}
