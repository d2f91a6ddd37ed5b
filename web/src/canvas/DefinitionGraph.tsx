/** The graph of a definition, or of a run over its definition, with the canvas loaded only when it is drawn. */
import { Suspense, lazy, useMemo, useState } from 'react'

import type { Definition, Run } from '../api/types'
import { withGraph } from '../graph/bodies'
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
  return <ViewGraph view={useView(definition, run)} selected={selected} onSelect={onSelect} />
}

interface ViewProps {
  view: View
  selected?: string | undefined
  onSelect?: ((node: string | undefined) => void) | undefined
}

export function ViewGraph({ view, selected, onSelect }: ViewProps) {
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
  const shape = useMemo(() => shapeOf(withGraph(definition)), [definition])
  const [held, hold] = useState(() => ({ shape, run, view: viewOf(shape, run) }))
  if (held.shape === shape && held.run === run) return held.view
  const view = viewOf(shape, run, held.view)
  hold({ shape, run, view })
  return view
}
