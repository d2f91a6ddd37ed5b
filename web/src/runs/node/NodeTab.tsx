/** What one tab of a node shows. */
import { useQuery } from '@tanstack/react-query'

import { jobQuery } from '../../api/queries'
import type { Definition, Json, Run, RunNode } from '../../api/types'
import { isEnd } from '../../graph/states'
import { ErrorState, Skeleton } from '../../ui/states'
import { ErrorValue, Value } from '../Value'
import { ItemsTab } from './ItemsTab'
import { JobHistory } from './JobHistory'
import { LogsTab } from './LogsTab'
import type { TabName } from './tabs'

interface Props {
  tab: TabName
  run: Run
  id: string
  node: RunNode
  definition: Definition
}

export function NodeTab({ tab, run, id, node, definition }: Props) {
  switch (tab) {
    case 'output':
      return <Output node={node} />
    case 'error':
      return <ErrorValue error={node.error} />
    case 'items':
      return node.items ? (
        <ItemsTab run={run.id} node={id} items={node.items} live={!isEnd(node.state)} />
      ) : null
    case 'input':
      return <Input node={node} params={definition.nodes?.find((item) => item.id === id)?.params} />
    case 'attempts':
      return node.job_id ? <Attempts job={node.job_id} /> : null
    case 'logs':
      return node.job_id ? <LogsTab job={node.job_id} live={!isEnd(node.state)} /> : null
  }
}

function Output({ node }: { node: RunNode }) {
  if (node.output !== null) return <Value name="Output" value={node.output} plain />
  return <p className="text-ink-soft">{withoutOutput(node.state)}</p>
}

function withoutOutput(state: string): string {
  if (state === 'SKIPPED') return 'Skipped: no edge into it was taken, so it has no job.'
  if (state === 'PENDING') return 'The run has not reached this node yet.'
  if (state === 'SUCCEEDED') return 'It succeeded without an output.'
  return isEnd(state) ? 'It ended without an output.' : 'It has no output yet.'
}

/** A node's input is what its job was given; a job that keeps none has its params filled in by the worker: as written then. */
function Input({ node, params }: { node: RunNode; params: { [key: string]: Json } | undefined }) {
  const job = useQuery({ ...jobQuery(node.job_id ?? ''), enabled: node.job_id !== null })
  if (node.job_id !== null && job.isPending) return <Skeleton rows={2} />
  if (job.isLoadingError) return <ErrorState error={job.error} retry={() => void job.refetch()} />
  if (job.data && hasContent(job.data.payload)) return <Value name="Input" value={job.data.payload} plain />
  if (!params || Object.keys(params).length === 0) return <p className="text-ink-soft">It takes no params.</p>
  return (
    <div className="space-y-2">
      <Value name="Params" value={params} plain />
      <p className="text-xs text-ink-faint">As written: the worker fills the expressions in when it runs.</p>
    </div>
  )
}

function hasContent(payload: Json): boolean {
  return typeof payload === 'object' ? payload !== null && Object.keys(payload).length > 0 : true
}

function Attempts({ job }: { job: string }) {
  const query = useQuery(jobQuery(job))
  if (query.isPending) return <Skeleton rows={3} />
  if (query.isLoadingError) return <ErrorState error={query.error} retry={() => void query.refetch()} />
  return (
    <div className="space-y-4">
      <JobHistory job={query.data} />
    </div>
  )
}
