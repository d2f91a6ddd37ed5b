/**
 * Where one looks: the whole graph at first and whenever another graph is entered, a node that is asked for, and the
 * middle of what is seen.
 */
import { useReactFlow, type ReactFlowInstance } from '@xyflow/react'
import { useEffect, useMemo, useRef } from 'react'

import type { Position } from '../../api/types'
import { ENTRY, type EditNode } from '../../graph/edit/shape'
import { fit, READABLE, SMALLEST } from '../../graph/fit'
import { NODE_HEIGHT, NODE_WIDTH } from '../../graph/layout'
import { useTools } from '../tools'

export interface Sight {
  /** Shows all of these places; never smaller than `smallest`. */
  show: (places: readonly Position[], smallest?: number) => void
  zoom: (by: 'in' | 'out' | 'whole') => void
  /** Where a node's corner must be for the node to stand in the middle. */
  middle: () => Position
  /** Moves only as far as needed for the node to be seen. */
  reveal: (at: Position) => void
}

const MARGIN = 60

export function useSight(): Sight {
  const flow = useReactFlow()
  return useMemo(() => sightOf(flow), [flow])
}

/** Shows the graph when it is entered, and the node that is asked for. */
export function useLooking(sight: Sight, nodes: readonly EditNode[]): void {
  const { session, looks } = useTools()
  const latest = useRef(nodes)
  useEffect(() => {
    latest.current = nodes
  }, [nodes])
  useEffect(() => {
    sight.show(
      latest.current.map(({ position }) => position),
      READABLE,
    )
  }, [session.path, sight])
  useEffect(() => {
    const found = latest.current.find(({ id }) => id === looks.centre?.id)
    if (looks.centre && found) sight.reveal(found.position)
  }, [looks.centre, session.path, sight])
}

function area(): DOMRect {
  return document.querySelector('.editor .react-flow')?.getBoundingClientRect() ?? new DOMRect()
}

function sightOf(flow: ReactFlowInstance): Sight {
  return {
    show: (places, smallest = SMALLEST) => {
      const box = area()
      if (box.width === 0) return
      const alone = { x: box.width / 2 - NODE_WIDTH / 2, y: box.height / 2 - NODE_HEIGHT, zoom: 1 }
      void flow.setViewport(places.length > 0 ? fit(places, box, undefined, smallest) : alone)
    },
    zoom: (by) => {
      if (by === 'in') void flow.zoomIn()
      else if (by === 'out') void flow.zoomOut()
      else void flow.zoomTo(1)
    },
    middle: () => {
      const box = area()
      const at = flow.screenToFlowPosition({ x: box.x + box.width / 2, y: box.y + box.height / 2 })
      return { x: at.x - NODE_WIDTH / 2, y: at.y - ENTRY }
    },
    reveal: (at) => reveal(flow, at),
  }
}

function reveal(flow: ReactFlowInstance, at: Position): void {
  const box = area()
  const { x, y, zoom } = flow.getViewport()
  const [left, top] = [at.x * zoom + x, at.y * zoom + y]
  const inSight =
    left >= MARGIN &&
    top >= MARGIN &&
    left + NODE_WIDTH * zoom <= box.width - MARGIN &&
    top + NODE_HEIGHT * zoom <= box.height - MARGIN
  if (inSight || box.width === 0) return
  const centre = { x: at.x + NODE_WIDTH / 2, y: at.y + NODE_HEIGHT / 2 }
  void flow.setCenter(centre.x, centre.y, { zoom: Math.max(zoom, READABLE), duration: 160 })
}
