/** Order among nodes: aligned at a line, evenly apart, or laid out anew from left to right. */
import dagre from '@dagrejs/dagre'

import type { Definition, Position } from '../../api/types'
import { NODE_WIDTH } from '../layout'
import { parseEdge } from '../ports'
import { graphAt } from './document'
import type { Kinds } from './kinds'
import { moveNodes, snap } from './nodes'
import { positionsOf } from './places'
import { heightOf } from './shape'

export type Alignment = 'left' | 'centre' | 'right' | 'top' | 'middle' | 'bottom'
export type Axis = 'x' | 'y'

interface Box extends Position {
  id: string
  width: number
  height: number
}

function boxesOf(
  definition: Definition,
  path: readonly string[],
  ids: readonly string[],
  kinds: Kinds,
): Box[] {
  const places = positionsOf(definition, path)
  return graphAt(definition, path)
    .nodes.filter((node) => ids.includes(node.id))
    .map((node) => ({
      id: node.id,
      ...(places[node.id] ?? { x: 0, y: 0 }),
      width: NODE_WIDTH,
      height: heightOf(node, kinds),
    }))
}

const ACROSS: Record<Alignment, [Axis, 'width' | 'height', number]> = {
  left: ['x', 'width', 0],
  centre: ['x', 'width', 0.5],
  right: ['x', 'width', 1],
  top: ['y', 'height', 0],
  middle: ['y', 'height', 0.5],
  bottom: ['y', 'height', 1],
}

/** Each node's edge (or middle) on the line of the outermost one (or of the middle of all). */
export function align(
  definition: Definition,
  path: readonly string[],
  ids: readonly string[],
  alignment: Alignment,
  kinds: Kinds,
): Definition {
  const boxes = boxesOf(definition, path, ids, kinds)
  if (boxes.length < 2) return definition
  const [axis, size, share] = ACROSS[alignment]
  const low = Math.min(...boxes.map((box) => box[axis]))
  const high = Math.max(...boxes.map((box) => box[axis] + box[size]))
  const line = low + (high - low) * share
  return moveNodes(
    definition,
    path,
    Object.fromEntries(
      boxes.map((box) => [box.id, { x: box.x, y: box.y, [axis]: line - box[size] * share }]),
    ),
  )
}

/** The same gap between all along an axis; the outermost ones stay. */
export function distribute(
  definition: Definition,
  path: readonly string[],
  ids: readonly string[],
  axis: Axis,
  kinds: Kinds,
): Definition {
  const size = axis === 'x' ? 'width' : 'height'
  const boxes = boxesOf(definition, path, ids, kinds).sort((a, b) => a[axis] - b[axis])
  const [first, last] = [boxes[0], boxes.at(-1)]
  if (!first || !last || boxes.length < 3) return definition
  const room = last[axis] + last[size] - first[axis] - boxes.reduce((sum, box) => sum + box[size], 0)
  const gap = room / (boxes.length - 1)
  let at = first[axis]
  const moved: Record<string, Position> = {}
  for (const box of boxes) {
    moved[box.id] = { x: box.x, y: box.y, [axis]: at }
    at += box[size] + gap
  }
  return moveNodes(definition, path, moved)
}

/** Laid out from left to right; of some nodes only these, where the upper left one of them stood. */
export function arrange(
  definition: Definition,
  path: readonly string[],
  ids: readonly string[],
  kinds: Kinds,
): Definition {
  const graph = graphAt(definition, path)
  const chosen = ids.length > 1 ? ids : graph.nodes.map((node) => node.id)
  const boxes = boxesOf(definition, path, chosen, kinds)
  if (boxes.length === 0) return definition
  const inner = new Set(chosen)
  const links = graph.edges.map(parseEdge).filter((edge) => inner.has(edge.from) && inner.has(edge.to))
  const made = computed(boxes, links)
  const left = snap(Math.min(...boxes.map(({ x }) => x)))
  const top = snap(Math.min(...boxes.map(({ y }) => y)))
  const moved = Object.entries(made).map(([id, { x, y }]) => [id, { x: x + left, y: y + top }] as const)
  return moveNodes(definition, path, Object.fromEntries(moved))
}

function computed(boxes: readonly Box[], links: readonly { id: string; from: string; to: string }[]) {
  const graph = new dagre.graphlib.Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 44, ranksep: 84 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height })
  for (const { id, from, to } of links) graph.setEdge(from, to, {}, id)
  dagre.layout(graph)
  const corners = boxes.map(({ id, width, height }) => {
    const centre = graph.node(id) as Position
    return { id, x: centre.x - width / 2, y: centre.y - height / 2 }
  })
  const left = Math.min(...corners.map(({ x }) => x))
  const top = Math.min(...corners.map(({ y }) => y))
  return Object.fromEntries(corners.map(({ id, x, y }) => [id, { x: snap(x - left), y: snap(y - top) }]))
}
