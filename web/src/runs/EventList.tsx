/** The run's events in their order, each with its data to unfold. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { eventsQuery } from '../api/queries'
import type { HoldfastEvent } from '../api/types'
import { absolute, clockTime } from '../ui/format'
import { JsonTree } from '../ui/JsonTree'
import { LoadMore } from '../ui/LoadMore'
import { ErrorState, Skeleton } from '../ui/states'

export function EventList({ run }: { run: string }) {
  const list = useInfiniteQuery(eventsQuery(run))
  if (list.isPending) return <Skeleton rows={4} />
  if (list.isLoadingError) return <ErrorState error={list.error} retry={() => void list.refetch()} />
  const events = list.data.pages.flatMap((page) => page.items)
  if (events.length === 0) return <p className="px-4 py-4 text-ink-soft">No event is kept for this run.</p>
  return (
    <>
      <ol className="py-1">
        {events.map((event) => (
          <EventRow key={event.id} event={event} />
        ))}
      </ol>
      <LoadMore query={list} />
    </>
  )
}

function EventRow({ event }: { event: HoldfastEvent }) {
  const [open, setOpen] = useState(false)
  const hasData = typeof event.data === 'object' && event.data !== null && Object.keys(event.data).length > 0
  return (
    <li className="px-2">
      <button
        type="button"
        disabled={!hasData}
        aria-expanded={hasData ? open : undefined}
        onClick={() => setOpen(!open)}
        className="flex w-full flex-wrap items-baseline gap-x-3 rounded px-2 py-1 text-left text-xs enabled:hover:bg-raised"
      >
        <time
          dateTime={event.at}
          title={absolute(event.at)}
          className="font-mono text-ink-faint tabular-nums"
        >
          {clockTime(event.at)}
        </time>
        <span className="font-mono">{event.type}</span>
        {event.node && <span className="font-medium">{event.node}</span>}
        {hasData && <span className="ml-auto text-ink-faint">{open ? 'less' : 'data'}</span>}
      </button>
      {open && (
        <div className="px-2 pt-1 pb-2">
          <JsonTree value={event.data} label="data" />
        </div>
      )}
    </li>
  )
}
