/**
 * The tail as rows, of which only the visible ones are built. Newest first.
 *
 * A list box: arrows move, the current event is shown beside it. Who has scrolled down keeps what is before the eyes: the
 * list is moved by as much as was put before it.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useId, useLayoutEffect, useRef, type KeyboardEvent } from 'react'

import type { HoldfastEvent } from '../api/types'
import { clockTime, shortId } from '../ui/format'

const ROW = 32

interface Props {
  events: readonly HoldfastEvent[]
  open: HoldfastEvent | null
  onOpen: (event: HoldfastEvent) => void
}

export function TailList({ events, open, onOpen }: Props) {
  const id = useId()
  const frame = useRef<HTMLDivElement>(null)
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing here is compiled; what it returns is used right away
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    getItemKey: (index) => events[index]?.id ?? index,
    overscan: 12,
  })
  const first = useRef(events[0]?.id)
  useLayoutEffect(() => {
    const added = events.findIndex((event) => event.id === first.current)
    first.current = events[0]?.id
    const element = frame.current
    if (element && element.scrollTop > ROW && added > 0) element.scrollBy(0, added * ROW)
  }, [events])
  const at = events.findIndex((event) => event.id === open?.id)
  const onKey = (event: KeyboardEvent) => {
    const next = nextOf(event.key, at, events.length)
    const chosen = next === null ? undefined : events[next]
    if (next === null || !chosen) return
    event.preventDefault()
    onOpen(chosen)
    rows.scrollToIndex(next)
  }
  return (
    <div
      ref={frame}
      role="listbox"
      aria-label="Events"
      tabIndex={0}
      aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
      onKeyDown={onKey}
      className="h-[max(320px,calc(100vh-250px))] overflow-auto focus-visible:-outline-offset-2"
    >
      <div role="presentation" className="relative min-w-[560px]" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => {
          const event = events[row.index]
          return event ? (
            <div
              key={row.key}
              id={`${id}-${row.index}`}
              role="option"
              aria-selected={row.index === at}
              aria-setsize={events.length}
              aria-posinset={row.index + 1}
              onClick={() => onOpen(event)}
              style={{ transform: `translateY(${row.start}px)`, height: ROW }}
              className="absolute inset-x-0 top-0 flex cursor-pointer items-center gap-3 border-b border-line px-4 hover:bg-raised/60 aria-selected:bg-accent-soft"
            >
              <EventCells event={event} />
            </div>
          ) : null
        })}
      </div>
    </div>
  )
}

function nextOf(key: string, at: number, count: number): number | null {
  if (key === 'ArrowDown') return Math.min(at + 1, count - 1)
  if (key === 'ArrowUp') return Math.max(at - 1, 0)
  if (key === 'Home') return 0
  return key === 'End' ? count - 1 : null
}

function EventCells({ event }: { event: HoldfastEvent }) {
  return (
    <>
      <time dateTime={event.at} className="w-24 shrink-0 font-mono text-xs text-ink-faint tabular-nums">
        {clockTime(event.at)}
      </time>
      <span className="w-44 shrink-0 truncate font-mono text-xs font-medium">{event.type}</span>
      <span className="w-40 shrink-0 truncate font-mono text-xs text-ink-soft max-lg:hidden">
        {event.node ?? ''} {event.run ? shortId(event.run) : event.job ? shortId(event.job) : ''}
      </span>
      <span className="min-w-0 flex-1 truncate font-mono text-xs text-ink-soft">{inShort(event)}</span>
    </>
  )
}

const LINE = 300

function inShort(event: HoldfastEvent): string {
  const text = JSON.stringify(event.data)
  return text === '{}' ? '' : text.slice(0, LINE)
}
