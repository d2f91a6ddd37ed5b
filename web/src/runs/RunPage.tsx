/**
 * One run, live: its graph with node states, what it waits for, the selected node beside it, its timeline and its events.
 *
 * After its end nothing moves any more. The selected node stands in the address.
 */
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'

import type { Run } from '../api/types'
import { DefinitionGraph } from '../canvas/DefinitionGraph'
import { Page, Panel } from '../ui/Page'
import { ErrorState, Skeleton } from '../ui/states'
import { RunActions } from './act/RunActions'
import { NodePanel } from './node/NodePanel'
import { RunHeading } from './RunHeading'
import { RunHistory } from './RunHistory'
import { RunValues } from './RunValues'
import { useRun, useRunDefinition } from './useRun'
import { Waiting } from './act/Waiting'

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
      actions={<RunActions run={run} />}
    >
      {/* Another run of the same page starts with its own tabs and zoom. */}
      <RunBody key={run.id} run={run} />
    </Page>
  )
}

function RunBody({ run }: { run: Run }) {
  const { node } = useSearch({ from: '/runs/$id' })
  const navigate = useNavigate({ from: '/runs/$id' })
  const definition = useRunDefinition(run)
  const select = useCallback(
    (next: string | undefined) => void navigate({ search: { node: next }, replace: true }),
    [navigate],
  )
  if (!definition) return <Skeleton />
  const chosen = node !== undefined && run.nodes?.[node] ? node : undefined
  const part = { run, definition, selected: chosen, onSelect: select }
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(340px,28%)] lg:grid-rows-[auto_1fr]">
      <Panel className="h-[clamp(280px,48vh,560px)]">
        <DefinitionGraph {...part} />
      </Panel>
      {/* Beside the graph; on narrow screens a node comes right below it, the run's own values at the end. */}
      <div className={`min-w-0 space-y-4 lg:row-span-2 ${chosen ? '' : 'max-lg:order-last'}`}>
        {chosen ? (
          <NodePanel run={run} id={chosen} definition={definition} onClose={() => select(undefined)} />
        ) : (
          <>
            <Waiting run={run} definition={definition} onSelect={select} />
            <RunValues run={run} />
          </>
        )}
      </div>
      <RunHistory {...part} />
    </div>
  )
}
