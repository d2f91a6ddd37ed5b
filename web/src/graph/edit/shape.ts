/**
 * What the editor's canvas draws of one graph. Like `graph/view`, but with every port a node has, connected or not, with
 * problems and notes; and like there, what looks the same as before is the same object.
 */
import type { Definition, NodeDefinition, Position, Run } from '../../api/types'
import { NODE_HEIGHT } from '../layout'
import { edgesOf, inOrder, type GraphEdge } from '../ports'
import { summaryOf } from '../summary'
import { keepSame } from '../view'
import { graphAt } from './document'
import { holdsBody, portsOf, type Kinds } from './kinds'
import { sizeOfBody } from './nodes'
import { positionsOf } from './places'

export interface EditNode {
  id: string
  type: string
  title: string
  kindTitle: string
  summary: string
  join: string
  /** The node that this one undoes, when the run fails. */
  undoes: string
  /** Joined by commas, so that the same ports are the same value. */
  ports: string
  /** Ports that no edge leaves from. */
  free: string
  position: Position
  height: number
  problems: number
  notes: string
  /** Nodes inside its body; null when its kind has none. */
  inside: number | null
  known: boolean
  state: string | null
}

export interface EditEdge extends GraphEdge {
  label: string
}

export interface EditView {
  nodes: readonly EditNode[]
  edges: readonly EditEdge[]
}

/** Where edges come in, and where a single port is: nodes in a row are joined by straight lines. */
export const ENTRY = 38
const STEP = 26
const SIDE_STEP = 22
const FIRST = 16
const FOOT = 14

export const isSidePort = (port: string) => port === 'error' || port === 'timeout'

/** How far below the node's top each port is; those of failures and timeouts below the others. */
export function portPlaces(ports: readonly string[]): number[] {
  const main = ports.filter((port) => !isSidePort(port)).length
  const first = Math.max(FIRST, ENTRY - ((main - 1) * STEP) / 2)
  const last = main > 0 ? first + (main - 1) * STEP : FIRST
  let [row, side] = [0, 0]
  return ports.map((port) => {
    if (!isSidePort(port)) return first + row++ * STEP
    side += 1
    return last + 2 + side * SIDE_STEP
  })
}

function heightFor(ports: readonly string[]): number {
  return Math.max(NODE_HEIGHT, ...portPlaces(ports).map((place) => place + FOOT))
}

/** High enough for its ports. */
export function heightOf(node: NodeDefinition, kinds: Kinds): number {
  return heightFor(portsOf(node, kinds))
}

export interface Around {
  kinds: Kinds
  problems: ReadonlyMap<string, number>
  /** The run whose states are shown; null outside of one. */
  run: Run | null
}

export function editView(
  definition: Definition,
  path: readonly string[],
  around: Around,
  previous?: EditView,
): EditView {
  const graph = graphAt(definition, path)
  const edges = edgesOf({ ...definition, nodes: [...graph.nodes], edges: [...graph.edges] })
  const places = positionsOf(definition, path)
  const touching = byNode(edges)
  const undone = new Map(graph.nodes.flatMap(({ id, compensate }) => (compensate ? [[compensate, id]] : [])))
  const nodes = graph.nodes.map((node) => drawn(node, touching.get(node.id) ?? [], places, around, undone))
  const labelled = edges.map((edge) => ({ ...edge, label: edge.port === 'out' ? '' : edge.port }))
  const before = new Map(previous?.nodes.map((node) => [node.id, node]))
  const still = nodes.map((node) => ({ ...node, position: samePlace(before.get(node.id), node.position) }))
  return { nodes: keepSame(still, previous?.nodes), edges: keepSame(labelled, previous?.edges) }
}

/** The edges from and to each node. */
function byNode(edges: readonly GraphEdge[]): Map<string, GraphEdge[]> {
  const lists = new Map<string, GraphEdge[]>()
  for (const edge of edges) {
    for (const id of [edge.from, edge.to]) {
      const list = lists.get(id)
      if (list) list.push(edge)
      else lists.set(id, [edge])
    }
  }
  return lists
}

function samePlace(before: EditNode | undefined, place: Position): Position {
  return before && before.position.x === place.x && before.position.y === place.y ? before.position : place
}

function drawn(
  node: NodeDefinition,
  edges: readonly GraphEdge[],
  places: Readonly<Record<string, Position>>,
  { kinds, problems, run }: Around,
  undone: ReadonlyMap<string, string>,
): EditNode {
  const kind = kinds.get(node.type)
  const ports = sidesLast(inOrder(portsOf(node, kinds, edges), node.id, edges, places))
  const used = new Set(edges.filter((edge) => edge.from === node.id).map((edge) => edge.port))
  return {
    id: node.id,
    type: node.type,
    title: node.title ?? node.id,
    kindTitle: kind?.title ?? node.type,
    summary: summaryOf(node),
    join: joinOf(node, edges),
    undoes: undone.get(node.id) ?? '',
    ports: ports.join(),
    free: ports.filter((port) => !used.has(port)).join(),
    position: places[node.id] ?? { x: 0, y: 0 },
    height: heightFor(ports),
    problems: problems.get(node.id) ?? 0,
    notes: node.notes ?? '',
    inside: holdsBody(node.type, kinds) ? (sizeOfBody(node) ?? 0) : null,
    known: kinds.size === 0 || kind !== undefined,
    state: run?.nodes?.[node.id]?.state ?? (run ? 'PENDING' : null),
  }
}

function sidesLast(ports: readonly string[]): string[] {
  return [...ports.filter((port) => !isSidePort(port)), ...ports.filter(isSidePort)]
}

function joinOf(node: NodeDefinition, edges: readonly GraphEdge[]): string {
  if (node.join === undefined || node.join === 'all') return ''
  if (node.join === 'any') return 'any'
  return `${node.join.at_least} of ${edges.filter((edge) => edge.to === node.id).length}`
}
