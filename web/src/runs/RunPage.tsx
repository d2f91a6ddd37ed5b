/**
 * One run, live: its graph with node states, what it waits for, the selected node beside it, its timeline and its events.
 *
 * After its end nothing moves any more. The selected node stands in the address.
 */
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback, useDeferredValue } from 'react'

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
        <Panel>
          {error ? (
            <ErrorState error={error} retry={retry} back={{ to: '/runs', label: 'To the runs' }} />
          ) : (
            <Skeleton />
          )}
        </Panel>
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
  // Between frames: hundreds of nodes that went on must not hold up the hand that moves the graph.
  const drawn = useDeferredValue(run)
  const select = useCallback(
    (next: string | undefined) => void navigate({ search: { node: next }, replace: true }),
    [navigate],
  )
  if (!definition) return <Skeleton />
  const chosen = node !== undefined && run.nodes?.[node] ? node : undefined
  const part = { run: drawn, definition, selected: chosen, onSelect: select }
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(340px,28%)] lg:grid-rows-[auto_1fr]">
      <Panel className="h-[clamp(280px,48vh,560px)] lg:h-[clamp(300px,62vh,900px)]">
        <DefinitionGraph {...part} />
      </Panel>
      {/* Beside the graph. On narrow screens what it waits for stands above, a node right below, its values at the end. */}
      <div className="min-w-0 max-lg:contents lg:row-span-2 lg:space-y-4">
        {chosen ? (
          <div className="min-w-0">
            <NodePanel run={run} id={chosen} definition={definition} onClose={() => select(undefined)} />
          </div>
        ) : (
          <>
            <div className="min-w-0 empty:hidden max-lg:order-first">
              <Waiting run={run} definition={definition} onSelect={select} />
            </div>
            <div className="min-w-0 max-lg:order-last">
              <RunValues run={run} />
            </div>
          </>
        )}
      </div>
      <RunHistory {...part} />
    </div>
  )
}
