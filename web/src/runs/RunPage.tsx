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
import { definitionOfRun, fitsRun } from '../graph/view'
import { Page, Panel } from '../ui/Page'
import { ErrorState, Skeleton } from '../ui/states'
import { NodePanel } from './NodePanel'
import { CancelButton, RunHeading } from './RunHeading'
import { RunHistory } from './RunHistory'
import { RunValues } from './RunValues'

const ALL_EVENTS = [...RUN_EVENTS, ...JOB_EVENTS] as const

export function RunPage() {
  const { id } = useParams({ from: '/runs/$id' })
  const { run, error, retry } = useRun(id)
  if (!run) {
    return (
      <Page title="Run">
        <Panel>{error ? <ErrorState error={error} retry={retry} /> : <Skeleton />}</Panel>
      </Page>
    )
  }
  return (
    <Page
      title={`Run of ${run.workflow}`}
      heading={<RunHeading run={run} />}
      actions={<CancelButton run={run} />}
    >
      <RunBody run={run} />
    </Page>
  )
}

function RunBody({ run }: { run: Run }) {
  const { node } = useSearch({ from: '/runs/$id' })
  const navigate = useNavigate({ from: '/runs/$id' })
  const definition = useRunDefinition(run)
  if (!definition) return <Skeleton />
  const select = (next: string | undefined) => void navigate({ search: { node: next }, replace: true })
  const chosen = node !== undefined && run.nodes?.[node] ? node : undefined
  const part = { run, definition, selected: chosen, onSelect: select }
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(300px,24%)] lg:grid-rows-[auto_1fr]">
      <Panel className="h-[clamp(280px,48vh,560px)]">
        <DefinitionGraph {...part} />
      </Panel>
      {/* Beside the graph; on narrow screens a node comes right below it, the run's own values at the end. */}
      <div className={`min-w-0 lg:row-span-2 ${chosen ? '' : 'max-lg:order-last'}`}>
        {chosen ? (
          <NodePanel run={run} id={chosen} definition={definition} onClose={() => select(undefined)} />
        ) : (
          <RunValues run={run} />
        )}
      </div>
      <RunHistory {...part} />
    </div>
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

/**
 * The definition of the run's version, undefined while it is awaited. Where there is none (the workflow is deleted, or
 * its name now belongs to another) one is made of the run's nodes, anew only when their set changes.
 */
function useRunDefinition(run: Run): Definition | undefined {
  const version = useQuery(versionQuery(run.workflow, run.version))
  const names = Object.keys(run.nodes ?? {}).join(' ')
  // eslint-disable-next-line react-hooks/exhaustive-deps -- a status tick must not move the nodes
  const made = useMemo(() => definitionOfRun(run), [run.id, names])
  if (version.isPending) return undefined
  const definition = version.data?.definition
  return definition && fitsRun(definition, run) ? definition : made
}
