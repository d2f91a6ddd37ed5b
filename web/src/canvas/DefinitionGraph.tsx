/** The graph of a definition, or of a run over its definition, with the canvas loaded only when it is drawn. */
import { Suspense, lazy, useMemo, useState } from 'react'

import type { Definition, Run } from '../api/types'
import { shapeOf, viewOf, type View } from '../graph/view'
import { Empty } from '../ui/states'

const Canvas = lazy(() => import('./Canvas').then((module) => ({ default: module.Canvas })))

interface Props {
  definition: Definition
  run?: Run | null
  selected?: string | undefined
  onSelect?: (node: string | undefined) => void
}

export function DefinitionGraph({ definition, run = null, selected, onSelect }: Props) {
  const view = useView(definition, run)
  if (view.nodes.length === 0) {
    return (
      <Empty title="No graph to draw">
        <p>This definition lists no nodes.</p>
      </Empty>
    )
  }
  return (
    <Suspense fallback={<div role="status" aria-label="Loading the graph" className="h-full bg-canvas" />}>
      <Canvas view={view} selected={selected} onSelect={onSelect} />
    </Suspense>
  )
}

/** The view, in which whatever looks the same as before is the same object. */
function useView(definition: Definition, run: Run | null): View {
  const shape = useMemo(() => shapeOf(definition), [definition])
  const next = useMemo(() => viewOf(shape, run), [shape, run])
  const [view, setView] = useState(next)
  const [seen, setSeen] = useState(next)
  if (seen !== next) {
    const kept = viewOf(shape, run, view)
    setSeen(next)
    setView(kept)
    return kept
  }
  return view
}
