/**
 * Ports and edges of a definition, read the way the design says: `from` splits at its first dot, no port means `out`.
 *
 * Unknown node types get the ports that their edges name, so that a workflow with a node of somebody's own is drawn whole.
 */
import type { Definition, EdgeDefinition, NodeDefinition, Position } from '../api/types'

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

/** The ports drawn on a node: its type's own ones and every other that an edge leaves from. */
export function portsOf(node: NodeDefinition, edges: readonly GraphEdge[]): string[] {
  const used = edges.filter((edge) => edge.from === node.id).map((edge) => edge.port)
  const ports = [...new Set([...(FIXED[node.type] ?? []), ...used])].filter((port) => port !== 'error')
  return used.includes('error') ? [...ports, 'error'] : ports
}

/** The ports from top to bottom as their targets stand, so that their edges don't cross; unconnected ones keep their turn. */
export function inOrder(
  ports: readonly string[],
  node: string,
  edges: readonly GraphEdge[],
  positions: Readonly<Record<string, Position>>,
): string[] {
  const height = (port: string) => {
    const tops = edges
      .filter((edge) => edge.from === node && edge.port === port)
      .map((edge) => positions[edge.to]?.y ?? 0)
    return tops.length > 0 ? tops.reduce((sum, top) => sum + top, 0) / tops.length : null
  }
  return [...ports].sort((a, b) => {
    const [first, second] = [height(a), height(b)]
    return first === null || second === null ? 0 : first - second
  })
}
