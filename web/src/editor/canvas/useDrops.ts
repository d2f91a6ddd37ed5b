/** Kinds dragged from the palette onto the canvas, or onto an edge. */
import { useReactFlow } from '@xyflow/react'
import type { DragEvent } from 'react'

import { ENTRY } from '../../graph/edit/shape'
import { NODE_WIDTH } from '../../graph/layout'
import { adding } from '../acts'
import { DRAGGED } from '../palette/dragged'
import { useTools } from '../tools'
import { linkOfId } from './links'

export function useDrops() {
  const { act, kinds, look } = useTools()
  const { screenToFlowPosition } = useReactFlow()
  return {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes(DRAGGED)) return
      event.preventDefault()
      event.dataTransfer.dropEffect = 'copy'
    },
    onDrop: (event: DragEvent) => {
      const kind = kinds.get(event.dataTransfer.getData(DRAGGED))
      if (!kind) return
      event.preventDefault()
      const point = screenToFlowPosition({ x: event.clientX, y: event.clientY })
      const at = { x: point.x - NODE_WIDTH / 2, y: point.y - ENTRY }
      const within = linkOfId(edgeBelow(event.clientX, event.clientY))
      act(adding(kind, { at, within }, at, kinds))
      look({ tab: 'node' })
    },
  }
}

function edgeBelow(x: number, y: number): string | undefined {
  const [edge] = document
    .elementsFromPoint(x, y)
    .flatMap((element) => element.closest<SVGElement>('.react-flow__edge') ?? [])
  return edge?.dataset['id']
}
