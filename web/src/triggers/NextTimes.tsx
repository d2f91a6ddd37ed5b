/** When a clock will fire next, as the server works it out: asked when typing pauses. Times are in this browser's zone. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'

import { asProblem } from '../api/http'
import { previewTimes } from '../api/schedules'
import type { Json } from '../api/types'
import { useDebounced } from '../expressions/useDebounced'

const SHOWN = 5
const PAUSE = 400

const WORDS = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
})

export function NextTimes({ clock }: { clock: { [key: string]: Json } }) {
  const text = useDebounced(JSON.stringify(clockOf(clock)), PAUSE)
  const query = useQuery({
    queryKey: ['preview', text],
    queryFn: ({ signal }) => previewTimes(JSON.parse(text) as { [key: string]: Json }, SHOWN, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  })
  return (
    <section aria-label="Next times" className="rounded-md border border-line bg-page px-2.5 py-2 text-xs">
      <h4 className="mb-1 font-medium text-ink-soft">Next times</h4>
      {query.isPending && <p className="text-ink-faint">Working them out…</p>}
      {query.isError && <p className="text-[var(--failure-text)]">{wordsOf(query.error)}</p>}
      {query.data && !query.isError && <Times times={query.data.times} />}
    </section>
  )
}

function Times({ times }: { times: readonly string[] }) {
  if (times.length === 0) return <p className="text-ink-soft">Never: no such time comes any more.</p>
  return (
    <ol className="space-y-0.5 tabular-nums">
      {times.map((time) => (
        <li key={time}>
          <time dateTime={time}>{WORDS.format(new Date(time))}</time>
        </li>
      ))}
    </ol>
  )
}

/** What decides its times. */
function clockOf(trigger: { [key: string]: Json }): { [key: string]: Json } {
  const rest = Object.entries(trigger).filter(([name]) => !['id', 'type', 'input'].includes(name))
  return Object.fromEntries(rest)
}

function wordsOf(error: unknown): string {
  const problem = asProblem(error)
  const first = problem.errors[0]
  return first ? `${first.path}: ${first.message}` : problem.detail || problem.title
}
