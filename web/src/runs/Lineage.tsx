/** Where a run comes from: the run around it, the run that it repeats; and the first of those that repeat it. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { GitCompareArrows } from 'lucide-react'

import { fetchRuns } from '../api/queries'
import type { Run } from '../api/types'
import { shortId } from '../ui/format'
import { Fact } from './Fact'

export function Lineage({ run }: { run: Run }) {
  return (
    <>
      {run.parent && (
        <Fact name="Part of">
          <RunLink id={run.parent} node={run.parent_node ?? undefined} />
          {run.parent_node && (
            <span className="text-ink-soft">
              {run.parent_node}
              {typeof run.parent_index === 'number' && ` [${run.parent_index}]`}
            </span>
          )}
        </Fact>
      )}
      {run.rerun_of && (
        <Fact name="Repeats">
          <RunLink id={run.rerun_of} />
          <Link
            to="/compare"
            search={{ a: run.rerun_of, b: run.id }}
            className="inline-flex items-center gap-1 rounded text-accent hover:underline"
          >
            <GitCompareArrows size={12} aria-hidden /> compare
          </Link>
        </Fact>
      )}
      {!run.parent && <Repeats run={run} />}
    </>
  )
}

/** The workflow's latest runs are read once, so that an old run may have repeats that aren't told here. */
function Repeats({ run }: { run: Run }) {
  const list = useQuery({
    queryKey: ['runs', 'repeats', run.workflow],
    queryFn: ({ signal }) => fetchRuns({ workflow: run.workflow }, 100, signal),
    staleTime: 30_000,
  })
  const repeats = list.data?.items.filter((item) => item.rerun_of === run.id) ?? []
  if (repeats.length === 0) return null
  return (
    <Fact name="Repeated by">
      {repeats.slice(0, 3).map((item) => (
        <RunLink key={item.id} id={item.id} />
      ))}
      {repeats.length > 3 && <span className="text-ink-faint">and {repeats.length - 3} more</span>}
    </Fact>
  )
}

export function RunLink({ id, node }: { id: string; node?: string | undefined }) {
  return (
    <Link
      to="/runs/$id"
      params={{ id }}
      search={{ node }}
      title={id}
      className="rounded font-mono text-accent hover:underline"
    >
      {shortId(id)}
    </Link>
  )
}
