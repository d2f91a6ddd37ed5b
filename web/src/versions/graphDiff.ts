/**
 * Two definitions as one graph: what is in either, each node and edge with what became of it.
 *
 * Nodes are matched by id, edges by their ends. Where a node stands on the canvas is no change of it. Pure.
 */
import { sameJson } from '../api/exactJson'
import type { Definition, EdgeDefinition, Json, NodeDefinition, Position } from '../api/types'
import { graphAt } from '../graph/edit/document'
import { layoutOf } from '../graph/layout'
import { edgesOf, parseEdge, portsOf, type GraphEdge } from '../graph/ports'
import { summaryOf } from '../graph/summary'

export type Fate = 'same' | 'added' | 'removed' | 'changed'

export interface DiffNode {
  id: string
  type: string
  title: string
  summary: string
  ports: string[]
  position: Position
  fate: Fate
  moved: boolean
}

export interface DiffEdge extends GraphEdge {
  fate: Fate
}

export interface GraphDiff {
  nodes: DiffNode[]
  edges: DiffEdge[]
}

export function graphDiff(before: Definition, after: Definition): GraphDiff {
  const [old, now] = [graphAt(before), graphAt(after)]
  const was = new Map(old.nodes.map((node) => [node.id, node]))
  const is = new Map(now.nodes.map((node) => [node.id, node]))
  const nodes = [...now.nodes, ...old.nodes.filter(({ id }) => !is.has(id))]
  const edges = allEdges(old.edges, now.edges)
  const union: Definition = {
    ...after,
    nodes,
    edges: edges.map(({ from, port, to }) => ({ from: `${from}.${port}`, to })),
    layout: { ...before.layout, ...after.layout },
  }
  const drawn = edgesOf(union)
  const positions = layoutOf(union, drawn)
  const known = new Set(drawn.map(({ id }) => id))
  return {
    nodes: nodes.map((node) => ({
      id: node.id,
      type: node.type,
      title: node.title ?? node.id,
      summary: summaryOf(node),
      ports: portsOf(node, drawn),
      position: positions[node.id] ?? { x: 0, y: 0 },
      fate: fateOf(was.get(node.id), is.get(node.id)),
      moved: was.has(node.id) && is.has(node.id) && moved(before, after, node.id),
    })),
    edges: edges.filter(({ id }) => known.has(id)),
  }
}

function fateOf(was: NodeDefinition | undefined, is: NodeDefinition | undefined): Fate {
  if (!was) return 'added'
  if (!is) return 'removed'
  return sameJson(was as unknown as Json, is as unknown as Json) ? 'same' : 'changed'
}

function moved(before: Definition, after: Definition, id: string): boolean {
  const [was, is] = [before.layout?.[id], after.layout?.[id]]
  return was !== undefined && is !== undefined && (was.x !== is.x || was.y !== is.y)
}

function allEdges(old: readonly EdgeDefinition[], now: readonly EdgeDefinition[]): DiffEdge[] {
  const [was, is] = [new Map(old.map(byId)), new Map(now.map(byId))]
  const kept = [...is.values()].map(
    (edge) => ({ ...edge, fate: was.has(edge.id) ? 'same' : 'added' }) as const,
  )
  const gone = [...was.values()].filter(({ id }) => !is.has(id))
  return [...kept, ...gone.map((edge) => ({ ...edge, fate: 'removed' }) as const)]
}

function byId(edge: EdgeDefinition): [string, GraphEdge] {
  const parsed = parseEdge(edge)
  return [parsed.id, parsed]
}

/** `2 nodes added, 1 changed, 1 edge removed`; empty when the graphs are the same. */
export function summaryOfDiff({ nodes, edges }: GraphDiff): string {
  const parts = [...counted(nodes, 'node'), ...counted(edges, 'edge')]
  return parts.join(', ')
}

function counted(items: readonly { fate: Fate }[], noun: string): string[] {
  return (['added', 'removed', 'changed'] as const).flatMap((fate) => {
    const count = items.filter((item) => item.fate === fate).length
    return count > 0 ? [`${count} ${noun}${count === 1 ? '' : 's'} ${fate}`] : []
  })
}
