/** Runs of a filter, newest first, with a cursor; two can be selected to be compared. Used on a workflow's page too. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { GitCompareArrows, History } from 'lucide-react'
import { useCallback, useState } from 'react'

import { runsQuery, type RunFilter } from '../api/queries'
import type { Run } from '../api/types'
import { BACKSTOP } from '../api/useLive'
import { Button, buttonLook } from '../ui/Button'
import { LoadMore } from '../ui/LoadMore'
import { Empty, ErrorState, Skeleton } from '../ui/states'
import { RunRow } from './RunRow'

interface Props {
  filter: RunFilter
  /** Whether each row names its workflow. */
  named: boolean
}

export function RunList({ filter, named }: Props) {
  const list = useInfiniteQuery({ ...runsQuery(filter), refetchInterval: BACKSTOP })
  const [selected, select] = useState<readonly string[]>([])
  const toggle = useCallback(
    (id: string) =>
      select((ids) => (ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id].slice(0, 2))),
    [],
  )
  if (list.isPending) return <Skeleton rows={4} />
  if (list.isLoadingError) return <ErrorState error={list.error} retry={() => void list.refetch()} />
  const runs = list.data.pages.flatMap((page) => page.items)
  if (runs.length === 0) return <NoRuns filtered={isFiltered(filter, named)} />
  return (
    <>
      {selected.length > 0 && <CompareBar runs={runs} selected={selected} onClear={() => select([])} />}
      <ul aria-label="Runs" className="divide-y divide-line">
        {runs.map((run) => (
          <RunRow
            key={run.id}
            run={run}
            named={named}
            selected={selected.includes(run.id)}
            selectable={selected.length < 2 || selected.includes(run.id)}
            onToggle={toggle}
          />
        ))}
      </ul>
      <LoadMore query={list} />
    </>
  )
}

function isFiltered(filter: RunFilter, named: boolean): boolean {
  return filter.state !== undefined || filter.test !== undefined || (named && filter.workflow !== undefined)
}

interface BarProps {
  runs: readonly Run[]
  selected: readonly string[]
  onClear: () => void
}

/** The older run is A, whichever was selected first. */
function CompareBar({ runs, selected, onClear }: BarProps) {
  const [b, a] = runs.filter(({ id }) => selected.includes(id))
  return (
    <div className="sticky top-0 z-10 flex flex-wrap items-center gap-2 border-b border-line bg-accent-soft px-4 py-1.5">
      <span role="status" className="mr-auto">
        {selected.length === 1 ? '1 run selected; select another one to compare them' : '2 runs selected'}
      </span>
      {a && b && (
        <Link to="/compare" search={{ a: a.id, b: b.id }} className={buttonLook('primary')}>
          <GitCompareArrows size={13} aria-hidden /> Compare
        </Link>
      )}
      <Button look="quiet" onClick={onClear}>
        Clear
      </Button>
    </div>
  )
}

function NoRuns({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <Empty title="No run matches" Icon={History}>
        <p>Choose another state or workflow above.</p>
      </Empty>
    )
  }
  return (
    <Empty title="No run yet" Icon={History}>
      <p>Start one with the Run button of a workflow, its trigger, or the API.</p>
    </Empty>
  )
}
