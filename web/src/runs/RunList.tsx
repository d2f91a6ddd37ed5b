/** Runs of a filter, newest first, with a cursor. Used on its own page and on a workflow's. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { History } from 'lucide-react'

import { runsQuery, type RunFilter } from '../api/queries'
import { BACKSTOP } from '../api/useLive'
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
  if (list.isPending) return <Skeleton rows={4} />
  if (list.isLoadingError) return <ErrorState error={list.error} retry={() => void list.refetch()} />
  const runs = list.data.pages.flatMap((page) => page.items)
  if (runs.length === 0)
    return <NoRuns filtered={filter.state !== undefined || (named && filter.workflow !== undefined)} />
  return (
    <>
      <ul className="divide-y divide-line">
        {runs.map((run) => (
          <RunRow key={run.id} run={run} named={named} />
        ))}
      </ul>
      <LoadMore query={list} />
    </>
  )
}

function NoRuns({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <Empty title="No run matches" Icon={History}>
        <p>No run is in that state for that workflow.</p>
      </Empty>
    )
  }
  return (
    <Empty title="No run yet" Icon={History}>
      <p>Start one with the Run button of a workflow, its trigger, or the API.</p>
    </Empty>
  )
}
