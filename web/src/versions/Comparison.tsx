/** What changed between two versions, in three ways: on the graph, as a list, as text. */
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useMemo, useState } from 'react'

import { savedVersionQuery } from '../api/versions'
import type { Definition } from '../api/types'
import { ErrorState, Skeleton } from '../ui/states'
import { Tabs } from '../ui/Tabs'
import { ChangeList } from './ChangeList'
import { graphDiff, summaryOfDiff } from './graphDiff'

const DiffCanvas = lazy(async () => ({ default: (await import('./DiffCanvas')).DiffCanvas }))
const TextDiff = lazy(async () => ({ default: (await import('./TextDiff')).TextDiff }))

const VIEWS = [
  { value: 'changes', label: 'Changes' },
  { value: 'text', label: 'YAML' },
] as const

interface Props {
  name: string
  from: number
  to: number
}

export function Comparison({ name, from, to }: Props) {
  const before = useQuery(savedVersionQuery(name, from))
  const after = useQuery(savedVersionQuery(name, to))
  const failed = [before, after].find((query) => query.isError)
  if (failed) return <ErrorState error={failed.error} retry={() => void failed.refetch()} />
  if (!before.data || !after.data) return <Skeleton />
  return <Views {...{ name, from, to }} before={before.data.definition} after={after.data.definition} />
}

function Views({ name, from, to, before, after }: Props & { before: Definition; after: Definition }) {
  const [view, look] = useState<'changes' | 'text'>('changes')
  const [node, choose] = useState<string>()
  const diff = useMemo(() => graphDiff(before, after), [before, after])
  return (
    <>
      <p role="status" className="border-b border-line px-4 py-2 text-xs text-ink-soft">
        {summaryOfDiff(diff) || 'The graph is the same.'}
      </p>
      <div className="h-[clamp(220px,38vh,440px)] border-b border-line">
        <Suspense
          fallback={<div role="status" aria-label="Loading the graph" className="h-full bg-canvas" />}
        >
          <DiffCanvas key={`${from}-${to}`} diff={diff} selected={node} onSelect={choose} />
        </Suspense>
      </div>
      <Tabs label="What changed" value={view} onChange={look} items={VIEWS}>
        {(shown) =>
          shown === 'changes' ? (
            <ChangeList {...{ name, from, to, node }} onAll={() => choose(undefined)} />
          ) : (
            <Suspense fallback={<Skeleton rows={4} />}>
              <TextDiff before={before} after={after} />
            </Suspense>
          )
        }
      </Tabs>
    </>
  )
}
