/**
 * Ports and edges of a definition, read the way the design says: `from` splits at its first dot, no port means `out`.
 *
 * Unknown node types get the ports that their edges name, so that a workflow with a node of somebody's own is drawn whole.
 */
import type { Definition, EdgeDefinition, NodeDefinition } from '../api/types'

export interface GraphEdge {
  id: string
  from: string
  port: string
  to: string
}

const FIXED: Record<string, string[]> = {
  if: ['true', 'false'],
  approval: ['approved', 'rejected'],
}

export function parseEdge(edge: EdgeDefinition): GraphEdge {
  const dot = edge.from.indexOf('.')
  const from = dot < 0 ? edge.from : edge.from.slice(0, dot)
  const port = dot < 0 ? 'out' : edge.from.slice(dot + 1)
  return { id: `${from}.${port}->${edge.to}`, from, port, to: edge.to }
}

/** The edges between nodes that exist, each once. */
export function edgesOf(definition: Definition): GraphEdge[] {
  const ids = new Set((definition.nodes ?? []).map((node) => node.id))
  const edges = new Map<string, GraphEdge>()
  for (const raw of definition.edges ?? []) {
    const edge = parseEdge(raw)
    if (ids.has(edge.from) && ids.has(edge.to)) edges.set(edge.id, edge)
  }
  return [...edges.values()]
}

/** The ports drawn on a node: its type's own ones, then every other that an edge leaves from; `error` stands last. */
export function portsOf(node: NodeDefinition, edges: readonly GraphEdge[]): string[] {
  const used = edges.filter((edge) => edge.from === node.id).map((edge) => edge.port)
  const ports = [...new Set([...(FIXED[node.type] ?? []), ...used])].filter((port) => port !== 'error')
  if (ports.length === 0) ports.push('out')
  return used.includes('error') ? [...ports, 'error'] : ports
}
