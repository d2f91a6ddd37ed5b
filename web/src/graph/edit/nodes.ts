/** Adding, removing and moving nodes. Each answers a new definition; edges and places follow. */
import type { Definition, NodeDefinition, Position } from '../../api/types'
import type { Kind } from '../../editor/contract'
import { NODE_WIDTH } from '../layout'
import { parseEdge } from '../ports'
import { bodyOf, graphAt, walk, withGraph, withNode, without } from './document'
import { connect, freePort, refusal } from './edges'
import { freshId, idsOf } from './ids'
import { firstParams, type Kinds } from './kinds'
import { positionsOf } from './places'
import { heightOf } from './shape'

export const GRID = 20
const GAP = 84

export interface Added {
  definition: Definition
  id: string
}

/** Which edge is made with a new node: from a port of a node that stands. */
export interface After {
  from: string
  port?: string | undefined
}

export function addNode(
  definition: Definition,
  path: readonly string[],
  kind: Kind,
  position: Position,
  kinds: Kinds,
  after?: After,
): Added {
  const id = freshId(kind.type, idsOf(definition))
  const params = firstParams(kind)
  const node: NodeDefinition = { id, type: kind.type, ...(Object.keys(params).length > 0 && { params }) }
  const graph = graphAt(definition, path)
  const places = positionsOf(definition, path)
  const added = withGraph(definition, path, { ...graph, nodes: [...graph.nodes, node] })
  const placed = { ...added, layout: { ...added.layout, ...places, [id]: snapped(position) } }
  return { id, definition: after ? joined(placed, path, id, after, kinds) : placed }
}

function joined(
  definition: Definition,
  path: readonly string[],
  to: string,
  after: After,
  kinds: Kinds,
): Definition {
  const graph = graphAt(definition, path)
  const port = after.port ?? freePort(graph, after.from, kinds)
  if (port === null || refusal(graph, { ...after, port, to }, kinds)) return definition
  return connect(definition, path, { from: after.from, port, to })
}

/** Right of a node, below whatever stands there already. */
export function placeAfter(
  definition: Definition,
  path: readonly string[],
  id: string,
  kinds: Kinds,
): Position {
  const places = positionsOf(definition, path)
  const at = places[id] ?? { x: 0, y: 0 }
  return freePlace(definition, path, { x: at.x + NODE_WIDTH + GAP, y: at.y }, kinds)
}

/** `wish`, or the first place below it that covers no node. */
export function freePlace(
  definition: Definition,
  path: readonly string[],
  wish: Position,
  kinds: Kinds,
): Position {
  const places = positionsOf(definition, path)
  const boxes = graphAt(definition, path).nodes.map((node) => ({
    at: places[node.id] ?? { x: 0, y: 0 },
    height: heightOf(node, kinds),
  }))
  const { x, y: top } = snapped(wish)
  let y = top
  const covers = (box: (typeof boxes)[number]) =>
    Math.abs(box.at.x - x) < NODE_WIDTH + GRID && y < box.at.y + box.height + GRID && box.at.y < y + 76 + GRID
  for (let box = boxes.find(covers); box; box = boxes.find(covers)) y = snap(box.at.y + box.height + GRID * 2)
  return { x, y }
}

export function removeNodes(
  definition: Definition,
  path: readonly string[],
  ids: ReadonlySet<string>,
): Definition {
  const graph = graphAt(definition, path)
  const gone = new Set(
    walk({ nodes: graph.nodes.filter((node) => ids.has(node.id)), edges: [] }, []).map(idOf),
  )
  if (gone.size === 0) return definition
  const nodes = graph.nodes.filter((node) => !ids.has(node.id)).map((node) => withoutUndo(node, gone))
  const edges = graph.edges.filter((edge) => {
    const { from, to } = parseEdge(edge)
    return !ids.has(from) && !ids.has(to)
  })
  const next = withGraph(definition, path, { nodes, edges })
  if (!next.layout) return next
  const kept = Object.entries(next.layout).filter(([id]) => !gone.has(id))
  return { ...next, layout: Object.fromEntries(kept) }
}

const idOf = ({ node }: { node: NodeDefinition }) => node.id

/** What undid a node is gone: the node is no longer undone by it. */
function withoutUndo(node: NodeDefinition, gone: ReadonlySet<string>): NodeDefinition {
  if (node.compensate === undefined || !gone.has(node.compensate)) return node
  return without(node, 'compensate')
}

/** Takes a node out and joins what led to it with what it led to, where the rules allow. */
export function bypass(
  definition: Definition,
  path: readonly string[],
  id: string,
  kinds: Kinds,
): Definition {
  const edges = graphAt(definition, path).edges.map(parseEdge)
  const before = edges.filter((edge) => edge.to === id)
  const after = edges.filter((edge) => edge.from === id && edge.port !== 'error' && edge.port !== 'timeout')
  let next = removeNodes(definition, path, new Set([id]))
  for (const { from, port } of before) {
    for (const { to } of after) {
      if (refusal(graphAt(next, path), { from, port, to }, kinds) === null)
        next = connect(next, path, { from, port, to })
    }
  }
  return next
}

/** New places for some nodes. Where nothing was placed yet, the others keep the place that they are drawn at. */
export function moveNodes(
  definition: Definition,
  path: readonly string[],
  moved: Readonly<Record<string, Position>>,
): Definition {
  const places = positionsOf(definition, path)
  const rounded: Record<string, Position> = {}
  for (const [id, { x, y }] of Object.entries(moved)) rounded[id] = { x: Math.round(x), y: Math.round(y) }
  return { ...definition, layout: { ...definition.layout, ...places, ...rounded } }
}

export function setNote(definition: Definition, nodePath: readonly string[], note: string): Definition {
  return withNode(definition, nodePath, (node) => (note ? { ...node, notes: note } : without(node, 'notes')))
}

/** How many nodes are inside, on every level; null when it holds no graph. */
export function sizeOfBody(node: NodeDefinition): number | null {
  const body = bodyOf(node)
  return body ? walk(body, []).length : null
}

export function snap(value: number): number {
  return Math.round(value / GRID) * GRID
}

export function snapped({ x, y }: Position): Position {
  return { x: snap(x), y: snap(y) }
}
