/** The selected node of a run: state, times, values, and its job's attempts and transitions. */
import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'

import { jobQuery } from '../api/queries'
import type { Definition, Json, Run, RunNode } from '../api/types'
import { titleIn } from '../graph/view'
import { Ago, Took } from '../ui/Ago'
import { Panel } from '../ui/Page'
import { ErrorState, Skeleton } from '../ui/states'
import { StateBadge } from '../ui/StateBadge'
import { JobHistory } from './JobHistory'
import { ErrorValue, Value } from './Value'

interface Props {
  run: Run
  id: string
  definition: Definition
  onClose: () => void
}

export function NodePanel({ run, id, definition, onClose }: Props) {
  const node = run.nodes?.[id]
  if (!node) return null
  const params = definition.nodes?.find((item) => item.id === id)?.params
  const close = (
    <button
      type="button"
      aria-label="Close the node"
      onClick={onClose}
      className="rounded p-1 text-ink-faint hover:bg-raised hover:text-ink"
    >
      <X size={14} aria-hidden />
    </button>
  )
  return (
    <Panel title={titleIn(definition, id)} aside={close}>
      <div className="space-y-4 p-4">
        <Facts id={id} node={node} />
        <ErrorValue error={node.error} />
        {node.job_id ? (
          <JobPart key={node.job_id} node={node} jobId={node.job_id} params={params} />
        ) : (
          <>
            <Value name="Output" value={node.output} />
            <p className="text-ink-soft">{withoutJob(node.state)}</p>
          </>
        )}
      </div>
    </Panel>
  )
}

function withoutJob(state: string): string {
  return state === 'SKIPPED'
    ? 'Skipped: no edge into it was taken, so it has no job.'
    : 'The run has not reached this node yet.'
}

function Facts({ id, node }: { id: string; node: RunNode }) {
  return (
    <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-1.5 text-xs [&_dt]:text-ink-faint">
      <dt>Node</dt>
      <dd className="font-mono">{id}</dd>
      <dt>State</dt>
      <dd>
        <StateBadge state={node.state} />
      </dd>
      <dt>Attempts</dt>
      <dd className="tabular-nums">{node.attempts}</dd>
      <dt>Started</dt>
      <dd>
        <Ago at={node.started_at} />
      </dd>
      <dt>Took</dt>
      <dd>
        <Took from={node.started_at} to={node.finished_at} />
      </dd>
    </dl>
  )
}

interface JobPartProps {
  node: RunNode
  jobId: string
  params: { [key: string]: Json } | undefined
}

/** A node's input is what its job was given; a job that keeps none has its params filled in by the worker: as written then. */
function JobPart({ node, jobId, params }: JobPartProps) {
  const job = useQuery(jobQuery(jobId))
  return (
    <>
      <Value name="Output" value={node.output} />
      {job.isPending && <Skeleton rows={2} />}
      {job.isLoadingError && <ErrorState error={job.error} retry={() => void job.refetch()} />}
      {job.data && (
        <>
          {hasContent(job.data.payload) ? (
            <Value name="Input" value={job.data.payload} />
          ) : (
            <Value name="Params, as written" value={params} />
          )}
          <JobHistory job={job.data} />
        </>
      )}
    </>
  )
}

function hasContent(payload: Json): boolean {
  return typeof payload === 'object' ? payload !== null && Object.keys(payload).length > 0 : true
}
