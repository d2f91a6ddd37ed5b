/**
 * Shows the graph in its area: at first, when the area changes its size and when the nodes are others. States change
 * often and move nothing. Answers the area's ref and a function that shows the whole graph again.
 */
import { useReactFlow } from '@xyflow/react'
import { useCallback, useEffect, useRef, type RefObject } from 'react'

import { fit, READABLE, SMALLEST } from '../graph/fit'
import type { ViewNode } from '../graph/view'

interface Fit {
  area: RefObject<HTMLDivElement | null>
  show: () => void
}

const isRunning = (node: ViewNode) => node.state === 'RUNNING'

export function useFit(nodes: readonly ViewNode[], selected: string | undefined): Fit {
  const area = useRef<HTMLDivElement>(null)
  const { setViewport } = useReactFlow()
  const latest = useRef({ nodes, selected })
  useEffect(() => {
    latest.current = { nodes, selected }
  }, [nodes, selected])
  const look = useCallback(
    (smallest: number) => {
      const box = area.current?.getBoundingClientRect()
      if (!box || box.width === 0) return
      const now = latest.current
      const centre = (now.nodes.find(({ id }) => id === now.selected) ?? now.nodes.find(isRunning))?.position
      const places = now.nodes.map(({ position }) => position)
      void setViewport(fit(places, box, centre, smallest))
    },
    [setViewport],
  )
  const places = nodes.map(({ id, position }) => `${id}@${position.x},${position.y}`).join(' ')
  useEffect(() => {
    if (!area.current) return
    // Reports once at its start, which is the first fit.
    const observer = new ResizeObserver(() => look(READABLE))
    observer.observe(area.current)
    return () => observer.disconnect()
  }, [places, look])
  const show = useCallback(() => look(SMALLEST), [look])
  return { area, show }
}
