/** Fits the whole graph into its area: at first, when the area changes its size and when the nodes are others. */
import { useNodesInitialized, useReactFlow } from '@xyflow/react'
import { useEffect, useRef, type RefObject } from 'react'

import type { ViewNode } from '../graph/view'

const FIT = { padding: 0.12, maxZoom: 1 }

export function useFit(nodes: readonly ViewNode[]): RefObject<HTMLDivElement | null> {
  const area = useRef<HTMLDivElement>(null)
  const ready = useNodesInitialized()
  const { fitView } = useReactFlow()
  // States change often and the places don't: only another set of nodes or places fits anew.
  const places = nodes.map(({ id, position }) => `${id}@${position.x},${position.y}`).join(' ')
  useEffect(() => {
    if (!ready || !area.current) return
    const observer = new ResizeObserver(() => void fitView(FIT))
    observer.observe(area.current)
    return () => observer.disconnect()
  }, [ready, places, fitView])
  return area
}
