/**
 * The states as links, each with how many jobs are in it.
 *
 * What is alive is counted exactly by the queues; dead and failed jobs are counted up to 100 (`99+`), and the counts of
 * live states are left out under a filter that queues know nothing of.
 */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import { countQuery, MOST_COUNTED, type JobFilter } from '../api/jobs'
import { queuesQuery } from '../api/queues'
import { JOB_STATES, labelOf, toneOf } from '../graph/states'
import { compact, liveCounts } from './counts'

export function StateTabs({ filter }: { filter: JobFilter }) {
  const queues = useQuery(queuesQuery())
  const narrowed = filter.kind !== undefined || filter.run !== undefined
  const live = narrowed || !queues.data ? {} : liveCounts(queues.data, filter.queue)
  return (
    <nav aria-label="State" className="-mx-1 -mb-1 flex gap-1 overflow-x-auto px-1 pb-1">
      <Tab filter={filter} state={undefined} />
      {JOB_STATES.map((state) =>
        state === 'FAILED' || state === 'DEAD' ? (
          <CountedTab key={state} filter={filter} state={state} />
        ) : (
          <Tab key={state} filter={filter} state={state} count={textOf(live[state])} />
        ),
      )}
    </nav>
  )
}

function textOf(count: number | undefined): string | undefined {
  return count === undefined ? undefined : compact(count)
}

interface TabProps {
  filter: JobFilter
  state: JobFilter['state']
  count?: string | undefined
}

function CountedTab({ filter, state }: TabProps) {
  const counted = useQuery({ ...countQuery({ ...filter, state }), refetchInterval: 15_000 }).data
  const count = counted && (counted.more ? `${MOST_COUNTED - 1}+` : compact(counted.count))
  return <Tab filter={filter} state={state} count={count} />
}

function Tab({ filter, state, count }: TabProps) {
  const current = filter.state === state
  return (
    <Link
      to="/jobs"
      search={{ ...filter, state }}
      replace
      // "All" is the place without a state, not every place whose other parameters are these.
      activeOptions={{ exact: true, explicitUndefined: true }}
      aria-current={current ? 'true' : undefined}
      className="inline-flex h-7 shrink-0 items-center gap-1.5 rounded-md px-2.5 text-xs font-medium text-ink-soft hover:bg-raised hover:text-ink aria-[current]:bg-accent-soft aria-[current]:text-accent"
    >
      {state ? labelOf(state) : 'All'}
      {count !== undefined && count !== '0' && (
        <span
          data-tone={state ? toneOf(state) : undefined}
          className="rounded-full bg-tone-soft px-1.5 text-[11px] leading-4 tabular-nums text-tone"
        >
          {count}
        </span>
      )}
    </Link>
  )
}
