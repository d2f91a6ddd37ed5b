/**
 * A node where it stands: in the workflow's graph, or in the body of a map or loop (of a map …).
 *
 * `nodePath` names the nodes that are entered, outermost first, then the node itself.
 */
import type { Definition, Json, NodeDefinition } from '../api/types'
import { graphAt, type Graph } from '../graph/edit/document'
import { below } from './paths'

export interface Place {
  node: NodeDefinition
  /** As problems tell it: `nodes[2].params.body.nodes[0]`. */
  path: string
  graph: Graph
  /** The map or loop whose body the graph is. */
  outer: Place | null
}

type Fields = { [key: string]: Json }

export function placeOf(definition: Definition, nodePath: readonly string[]): Place | null {
  let place: Place | null = null
  for (const [depth, id] of nodePath.entries()) {
    const graph = graphAt(definition, nodePath.slice(0, depth))
    const node = graph.nodes.find((each) => each.id === id)
    if (!node) return null
    const holder: Fields = place ? fieldsOf(place.node.params?.['body']) : (definition as unknown as Fields)
    const inside: string = place ? `${place.path}.params.body.` : ''
    place = { node, path: inside + listed(holder, id), graph, outer: place }
  }
  return place
}

/** Where it stands in the document: among the nodes, or somewhere in the steps. */
function listed(holder: Fields, id: string): string {
  const { nodes, steps } = holder
  const index = Array.isArray(nodes) ? nodes.findIndex((node) => fieldsOf(node)['id'] === id) : -1
  if (index >= 0 || !Array.isArray(steps)) return below('nodes', index)
  return stepPath(steps, 'steps', id) ?? 'steps'
}

function stepPath(steps: readonly Json[], path: string, id: string): string | null {
  for (const [index, step] of steps.entries()) {
    const at = below(path, index)
    const { id: own, parallel, steps: inner } = fieldsOf(step)
    if (own === id) return at
    const deeper =
      (Array.isArray(parallel) ? stepPath(parallel, `${at}.parallel`, id) : null) ??
      (Array.isArray(inner) ? stepPath(inner, `${at}.steps`, id) : null)
    if (deeper !== null) return deeper
  }
  return null
}

function fieldsOf(value: Json | undefined): Fields {
  return isObject(value) ? value : {}
}

/**
 * `value` with one key set, or without it when `part` is undefined; where a key stands, it stays. A copy by spread, which
 * keeps how numbers are written.
 */
export function withKey<T extends object>(value: T, key: string, part: unknown): T {
  const next = { ...value }
  if (part === undefined) Reflect.deleteProperty(next, key)
  else
    Reflect.defineProperty(next, key, { value: part, enumerable: true, configurable: true, writable: true })
  return next
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
