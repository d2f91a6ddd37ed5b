/**
 * The graphs of a definition: its own, however it is written, and those inside map and loop nodes, found by the node's
 * id, which is unique in the whole definition. Pure.
 */
import type { Definition, NodeDefinition } from '../api/types'
import { expandSteps } from './edit/steps'

/** The definition with nodes and edges, where it has `steps` instead. */
export function withGraph(definition: Definition): Definition {
  if (definition.nodes || !definition.steps) return definition
  return { ...definition, ...expandSteps(definition.steps) }
}

/** The body of a node as a definition of its own; null when no node of that id has one. */
export function bodyIn(definition: Definition, id: string): Definition | null {
  for (const node of definition.nodes ?? []) {
    const body = bodyOf(definition, node)
    if (!body) continue
    if (node.id === id) return body
    const deeper = bodyIn(body, id)
    if (deeper) return deeper
  }
  return null
}

function bodyOf(definition: Definition, node: NodeDefinition): Definition | null {
  const body: unknown = node.params?.['body']
  if (!isGraph(body)) return null
  const { nodes, edges, layout } = body
  return {
    holdfast: definition.holdfast,
    name: definition.name,
    nodes,
    ...(edges && { edges }),
    ...(layout && { layout }),
  }
}

type Graph = Pick<Definition, 'edges' | 'layout'> & { nodes: NodeDefinition[] }

function isGraph(body: unknown): body is Graph {
  return typeof body === 'object' && body !== null && 'nodes' in body && Array.isArray(body.nodes)
}
