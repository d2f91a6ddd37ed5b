/**
 * Two runs beside each other: what differs between them node by node, on one graph and in a list, and of one node (or the
 * runs as wholes) every value that differs. Both runs, and the node, stand in the address.
 */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { GitCompareArrows } from 'lucide-react'
import { useCallback, useMemo } from 'react'

import type { Definition, Run } from '../api/types'
import { ViewGraph } from '../canvas/DefinitionGraph'
import { comparedView, compareNodes, mergedDefinition } from '../graph/compare'
import { shapeOf } from '../graph/view'
import { Page, Panel } from '../ui/Page'
import { Empty, ErrorState, Skeleton } from '../ui/states'
import { CompareHeading } from './compare/CompareHeading'
import { CompareNode } from './compare/CompareNode'
import { CompareRuns } from './compare/CompareRuns'
import { CompareTable } from './compare/CompareTable'
import { useRun, useRunDefinition } from './useRun'

export function ComparePage() {
  const { a, b } = useSearch({ from: '/compare' })
  if (a === undefined || b === undefined) {
    return (
      <Page title="Compare">
        <Panel>
          <Empty title="Nothing to compare" Icon={GitCompareArrows}>
            <p>Select two runs in the list of runs, then choose Compare.</p>
          </Empty>
        </Panel>
      </Page>
    )
  }
  return <Both key={`${a} ${b}`} a={a} b={b} />
}

function Both({ a, b }: { a: string; b: string }) {
  const first = useRun(a)
  const second = useRun(b)
  if (first.run && second.run) return <Compared a={first.run} b={second.run} />
  const away = first.error ? first : second
  return (
    <Page title="Compare">
      <Panel>
        {away.error ? (
          <ErrorState error={away.error} retry={away.retry} back={{ to: '/runs', label: 'To the runs' }} />
        ) : (
          <Skeleton />
        )}
      </Panel>
    </Page>
  )
}

function Compared({ a, b }: { a: Run; b: Run }) {
  const before = useRunDefinition(a)
  const after = useRunDefinition(b)
  return (
    <Page title="Compare" heading={<CompareHeading a={a} b={b} />}>
      {before && after ? <Body a={a} b={b} before={before} after={after} /> : <Skeleton />}
    </Page>
  )
}

interface Props {
  a: Run
  b: Run
  before: Definition
  after: Definition
}

function Body({ a, b, before, after }: Props) {
  const { node } = useSearch({ from: '/compare' })
  const navigate = useNavigate({ from: '/compare' })
  const nodes = useMemo(() => compareNodes(a, b), [a, b])
  const definition = useMemo(() => mergedDefinition(before, after), [before, after])
  const shape = useMemo(() => shapeOf(definition), [definition])
  const view = useMemo(() => comparedView(shape, b, nodes), [shape, b, nodes])
  const select = useCallback(
    (next: string | undefined) => void navigate({ search: (old) => ({ ...old, node: next }), replace: true }),
    [navigate],
  )
  const chosen = nodes.find(({ id }) => id === node)
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(360px,34%)] lg:grid-rows-[auto_1fr]">
      <Panel className="h-[clamp(260px,42vh,500px)]">
        <ViewGraph view={view} selected={chosen?.id} onSelect={select} />
      </Panel>
      <div className={`min-w-0 lg:row-span-2 ${chosen ? '' : 'max-lg:order-last'}`}>
        {chosen ? (
          <CompareNode node={chosen} definition={definition} onClose={() => select(undefined)} />
        ) : (
          <CompareRuns a={a} b={b} />
        )}
      </div>
      <CompareTable nodes={nodes} definition={definition} selected={chosen?.id} onSelect={select} />
    </div>
  )
}
