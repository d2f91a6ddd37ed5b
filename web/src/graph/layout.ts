/**
 * Where each node stands: the definition's own `layout` when it places every node, else dagre from left to right.
 *
 * A layout that misses a node is not mixed with a computed one: the two would overlap.
 */
import dagre from '@dagrejs/dagre'

import type { Definition, Position } from '../api/types'
import type { GraphEdge } from './ports'

export const NODE_WIDTH = 196
export const NODE_HEIGHT = 76

export function layoutOf(definition: Definition, edges: readonly GraphEdge[]): Record<string, Position> {
  const ids = (definition.nodes ?? []).map((node) => node.id)
  return placed(definition, ids) ?? computed(ids, edges)
}

function placed(definition: Definition, ids: string[]): Record<string, Position> | null {
  const layout = definition.layout ?? {}
  const positions: Record<string, Position> = {}
  for (const id of ids) {
    const position = layout[id]
    if (!position || !Number.isFinite(position.x) || !Number.isFinite(position.y)) return null
    positions[id] = position
  }
  return positions
}

function computed(ids: string[], edges: readonly GraphEdge[]): Record<string, Position> {
  const graph = new dagre.graphlib.Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 28, ranksep: 76, marginx: 0, marginy: 0 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const id of ids) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT })
  for (const edge of edges) graph.setEdge(edge.from, edge.to, {}, edge.id)
  dagre.layout(graph)
  return Object.fromEntries(ids.map((id) => [id, corner(graph.node(id) as Position)]))
}

/** dagre gives centres; the canvas wants the upper left corner. */
function corner(centre: Position): Position {
  return { x: Math.round(centre.x - NODE_WIDTH / 2), y: Math.round(centre.y - NODE_HEIGHT / 2) }
}
