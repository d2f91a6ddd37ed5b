/**
 * One run, live: its graph with node states, the selected node beside it, its time line and its events.
 *
 * While the run goes on, events of the stream make it be read again (at most every 200 ms) and a slow poll stands
 * behind; after its end nothing moves any more. The selected node stands in the address.
 */
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'

import { runQuery, versionQuery } from '../api/queries'
import { JOB_EVENTS, RUN_EVENTS } from '../api/stream'
import type { Definition, Run } from '../api/types'
import { BACKSTOP, useLive } from '../api/useLive'
import { DefinitionGraph } from '../canvas/DefinitionGraph'
import { isEnd } from '../graph/states'
import { definitionOfRun } from '../graph/view'
import { Page, Panel } from '../ui/Page'
import { ErrorState, Skeleton } from '../ui/states'
import { NodePanel } from './NodePanel'
import { CancelButton, RunHeading } from './RunHeading'
import { RunHistory } from './RunHistory'
import { RunValues } from './RunValues'

const ALL_EVENTS = [...RUN_EVENTS, ...JOB_EVENTS] as const

export function RunPage() {
  const { id } = useParams({ from: '/runs/$id' })
  const { node } = useSearch({ from: '/runs/$id' })
  const navigate = useNavigate({ from: '/runs/$id' })
  const { run, error, retry } = useRun(id)
  if (!run) {
    return (
      <Page title="Run">
        <Panel>{error ? <ErrorState error={error} retry={retry} /> : <Skeleton />}</Panel>
      </Page>
    )
  }
  const select = (next: string | undefined) => void navigate({ search: { node: next }, replace: true })
  const chosen = node !== undefined && run.nodes?.[node] ? node : undefined
  return (
    <Page
      title={`Run of ${run.workflow}`}
      heading={<RunHeading run={run} />}
      actions={<CancelButton run={run} />}
    >
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(300px,26%)]">
        <div className="flex min-w-0 flex-col gap-4">
          <Panel className="h-[clamp(280px,48vh,560px)]">
            <RunGraph run={run} selected={chosen} onSelect={select} />
          </Panel>
          <RunHistory run={run} selected={chosen} onSelect={select} />
        </div>
        {chosen ? (
          <NodePanel run={run} id={chosen} onClose={() => select(undefined)} />
        ) : (
          <RunValues run={run} />
        )}
      </div>
    </Page>
  )
}

function useRun(id: string): { run: Run | undefined; error: Error | null; retry: () => void } {
  const query = useQuery({
    ...runQuery(id),
    refetchInterval: ({ state }) => (state.data && isEnd(state.data.state) ? false : BACKSTOP),
  })
  const keys = useMemo(() => [['run', id], ['events', id], ['job']], [id])
  const going = query.data !== undefined && !isEnd(query.data.state)
  useLive({ run: id, types: ALL_EVENTS, keys, wait: 200, enabled: going })
  return { run: query.data, error: query.error, retry: () => void query.refetch() }
}

interface GraphProps {
  run: Run
  selected: string | undefined
  onSelect: (node: string | undefined) => void
}

function RunGraph({ run, selected, onSelect }: GraphProps) {
  const version = useQuery(versionQuery(run.workflow, run.version))
  const definition = useRunDefinition(run, version.data?.definition)
  if (version.isPending)
    return <div role="status" aria-label="Loading the graph" className="h-full bg-canvas" />
  return <DefinitionGraph definition={definition} run={run} selected={selected} onSelect={onSelect} />
}

/** The version's definition; without it (its workflow is deleted) one made of the nodes, once per set of nodes. */
function useRunDefinition(run: Run, definition: Definition | undefined): Definition {
  const names = Object.keys(run.nodes ?? {}).join(' ')
  // eslint-disable-next-line react-hooks/exhaustive-deps -- a status tick must not move the nodes
  const made = useMemo(() => definitionOfRun(run), [run.id, names])
  return definition ?? made
}
