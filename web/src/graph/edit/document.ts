/**
 * Finding one's way in a definition: the graph at a path of maps and loops, every node with where it stands, and a
 * definition with another graph in that place. Nothing is mutated; what didn't change keeps its identity.
 *
 * Node ids are unique in the whole document, bodies included, and so is `layout`, which stands at the top for all.
 */
import type { Definition, EdgeDefinition, Json, NodeDefinition } from '../../api/types'
import { expandSteps, isFields } from './steps'

export interface Graph {
  nodes: readonly NodeDefinition[]
  edges: readonly EdgeDefinition[]
}

export interface Placed {
  node: NodeDefinition
  /** The maps and loops around it, outermost first. */
  path: readonly string[]
}

const EMPTY: Graph = { nodes: [], edges: [] }
const BODY = 'body'

type Holder = { nodes?: unknown; edges?: unknown; steps?: unknown }

function graphOf(holder: Holder): Graph {
  const nodes = Array.isArray(holder.nodes) ? (holder.nodes as unknown[]).filter(isNode) : []
  const edges = Array.isArray(holder.edges) ? (holder.edges as unknown[]).filter(isEdge) : []
  if (!Array.isArray(holder.steps)) return { nodes, edges }
  const steps = expandSteps(holder.steps as Json[])
  return { nodes: [...nodes, ...steps.nodes], edges: [...edges, ...steps.edges] }
}

/** The YAML pane may hold anything for a moment: what has no id and type can't be drawn. */
function isNode(value: unknown): value is NodeDefinition {
  return isFields(value) && typeof value['id'] === 'string' && typeof value['type'] === 'string'
}

function isEdge(value: unknown): value is EdgeDefinition {
  return isFields(value) && typeof value['from'] === 'string' && typeof value['to'] === 'string'
}

/** The graph inside a map or loop; null when it has none (yet, or runs a workflow instead). */
export function bodyOf(node: NodeDefinition): Graph | null {
  const body = node.params?.[BODY]
  if (!isFields(body)) return null
  return Array.isArray(body['nodes']) || Array.isArray(body['steps']) ? graphOf(body) : null
}

export function graphAt(definition: Definition, path: readonly string[] = []): Graph {
  let graph = graphOf(definition)
  for (const id of path) {
    const node = graph.nodes.find((item) => item.id === id)
    graph = (node && bodyOf(node)) ?? EMPTY
  }
  return graph
}

export function nodeAt(definition: Definition, nodePath: readonly string[]): NodeDefinition | undefined {
  return graphAt(definition, nodePath.slice(0, -1)).nodes.find((node) => node.id === nodePath.at(-1))
}

/** The part of `path` that leads through nodes that exist. */
export function existing(definition: Definition, path: readonly string[]): readonly string[] {
  const missing = path.findIndex((_, index) => !nodeAt(definition, path.slice(0, index + 1)))
  return missing < 0 ? path : path.slice(0, missing)
}

/** Every node on every level. */
export function everyNode(definition: Definition): Placed[] {
  return walk(graphOf(definition), [])
}

export function walk(graph: Graph, path: readonly string[]): Placed[] {
  return graph.nodes.flatMap((node) => {
    const body = bodyOf(node)
    return [{ node, path }, ...(body ? walk(body, [...path, node.id]) : [])]
  })
}

/** The whole path of the node with this id; null when there is none. */
export function pathTo(definition: Definition, id: string): readonly string[] | null {
  const found = everyNode(definition).find(({ node }) => node.id === id)
  return found ? [...found.path, id] : null
}

export function withGraph(definition: Definition, path: readonly string[], graph: Graph): Definition {
  if (path.length === 0) return { ...without(definition, 'steps'), ...listsOf(graph) }
  return withGraph(definition, path.slice(0, -1), inBody(definition, path, graph))
}

/** The graph around the body at `path`, with another graph in that body. */
function inBody(definition: Definition, path: readonly string[], graph: Graph): Graph {
  const around = graphAt(definition, path.slice(0, -1))
  const nodes = around.nodes.map((node) => (node.id === path.at(-1) ? withBody(node, graph) : node))
  return { nodes, edges: around.edges }
}

export function withBody(node: NodeDefinition, graph: Graph): NodeDefinition {
  const given = node.params?.[BODY]
  const rest = isFields(given) ? without(given, 'steps') : {}
  const body = { ...rest, ...listsOf(graph) } as unknown as Json
  return { ...node, params: { ...node.params, [BODY]: body } }
}

function listsOf(graph: Graph): { nodes: NodeDefinition[]; edges: EdgeDefinition[] } {
  return { nodes: [...graph.nodes], edges: [...graph.edges] }
}

export function without<T extends object>(value: T, key: string): T {
  const copy = { ...value }
  Reflect.deleteProperty(copy, key)
  return copy
}

/** The definition with `change` made to one node; the same definition when there is no such node. */
export function withNode(
  definition: Definition,
  nodePath: readonly string[],
  change: (node: NodeDefinition) => NodeDefinition,
): Definition {
  const path = nodePath.slice(0, -1)
  const graph = graphAt(definition, path)
  if (!graph.nodes.some((node) => node.id === nodePath.at(-1))) return definition
  const nodes = graph.nodes.map((node) => (node.id === nodePath.at(-1) ? change(node) : node))
  return withGraph(definition, path, { ...graph, nodes })
}
