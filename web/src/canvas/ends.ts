/** Where an edge leaves its source's port, and where it arrives at its target. Pure. */
import { NODE_HEIGHT, NODE_WIDTH } from '../graph/layout'
import type { ViewEdge, ViewNode } from '../graph/view'

export interface Ends {
  sourceX: number
  sourceY: number
  targetX: number
  targetY: number
}

/** Half of a port's dot: it sits on the card's border. */
const PORT = 3.5

/** How far down a card its port is, as a share of the height. */
export function portAt(ports: readonly string[], port: string): number {
  return (ports.indexOf(port) + 1) / (ports.length + 1)
}

/** Null where one of its nodes isn't drawn. */
export function endsOf(edge: ViewEdge, nodes: ReadonlyMap<string, ViewNode>): Ends | null {
  const source = nodes.get(edge.from)
  const target = nodes.get(edge.to)
  if (!source || !target) return null
  return {
    sourceX: source.position.x + NODE_WIDTH + PORT,
    sourceY: source.position.y + NODE_HEIGHT * portAt(source.ports, edge.port),
    targetX: target.position.x - PORT,
    targetY: target.position.y + NODE_HEIGHT / 2,
  }
}
