/**
 * Where one looks: the whole graph at first and whenever another graph is entered, a node that is asked for, and the
 * middle of what is seen.
 */
import { useReactFlow, type ReactFlowInstance } from '@xyflow/react'
import { useEffect, useMemo, useRef } from 'react'

import type { Position } from '../../api/types'
import { ENTRY, type EditNode } from '../../graph/edit/shape'
import { fit, SMALLEST } from '../../graph/fit'
import { NODE_HEIGHT, NODE_WIDTH } from '../../graph/layout'
import { useTools } from '../tools'

export interface Sight {
  /** Shows all of these places; never smaller than `smallest`. */
  show: (places: readonly Position[], smallest?: number) => void
  zoom: (by: 'in' | 'out' | 'whole') => void
  /** Where a node's corner must be for the node to stand in the middle. */
  middle: () => Position
  /** Where a node isn't in sight: shows the whole graph if it can be read then, else that part of it. */
  reveal: (at: Position, places: readonly Position[]) => void
}

const MARGIN = 60
/** Opened, a graph is shown whole as long as one can still tell its nodes apart. */
const OPENING = 0.55

export function useSight(): Sight {
  const flow = useReactFlow()
  return useMemo(() => sightOf(flow), [flow])
}

/** When the canvas gets another size (the drawer opens), what was in its middle stays there. */
export function useKeptMiddle(): void {
  const flow = useReactFlow()
  useEffect(() => {
    const canvas = document.querySelector('.editor .react-flow')
    if (!canvas) return
    let before = canvas.getBoundingClientRect()
    const observer = new ResizeObserver(() => {
      const now = canvas.getBoundingClientRect()
      const [right, down] = [(now.width - before.width) / 2, (now.height - before.height) / 2]
      const { x, y, zoom } = flow.getViewport()
      if (before.width > 0 && (right !== 0 || down !== 0))
        void flow.setViewport({ x: x + right, y: y + down, zoom })
      before = now
    })
    observer.observe(canvas)
    return () => observer.disconnect()
  }, [flow])
}

/** Shows the graph when it is entered, and the node that is asked for. */
export function useLooking(sight: Sight, nodes: readonly EditNode[]): void {
  const { session, looks } = useTools()
  const latest = useRef(nodes)
  const chosen = useRef(session.selected[0])
  useEffect(() => {
    latest.current = nodes
    chosen.current = session.selected[0]
  }, [nodes, session.selected])
  useEffect(() => {
    sight.show(placesOf(latest.current), OPENING)
  }, [session.path, sight])
  useEffect(() => {
    if (!looks.centre) return
    const wish = looks.centre.id ?? chosen.current
    const found = latest.current.find(({ id }) => id === wish)
    if (found) sight.reveal(found.position, placesOf(latest.current))
  }, [looks.centre, session.path, sight])
}

const placesOf = (nodes: readonly EditNode[]) => nodes.map(({ position }) => position)

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
    reveal: (at, places) => reveal(flow, at, places),
  }
}

function reveal(flow: ReactFlowInstance, at: Position, places: readonly Position[]): void {
  const box = area()
  const { x, y, zoom } = flow.getViewport()
  const [left, top] = [at.x * zoom + x, at.y * zoom + y]
  const inSight =
    left >= MARGIN &&
    top >= MARGIN &&
    left + NODE_WIDTH * zoom <= box.width - MARGIN &&
    top + NODE_HEIGHT * zoom <= box.height - MARGIN
  if (!inSight && box.width > 0) void flow.setViewport(fit(places, box, at, OPENING), { duration: 160 })
}
