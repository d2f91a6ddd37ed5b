/**
 * Two runs beside each other: node by node, and as one graph that has the nodes of both. Pure.
 *
 * `a` is the first run and `b` the second. Durations differ always a little, so they are told and never make a node differ.
 */
import type { Definition, Run, RunNode } from '../api/types'
import { jsonDiff } from './jsonDiff'
import { parseEdge } from './ports'
import { viewOf, type Shape, type View } from './view'

export interface ComparedNode {
  id: string
  a: RunNode | null
  b: RunNode | null
  /** Words for what differs: `state`, `output`, `error`, `attempts`; or `only in A`. Empty when nothing does. */
  differs: string[]
}

export function compareNodes(a: Run, b: Run): ComparedNode[] {
  const ids = new Set([...Object.keys(b.nodes ?? {}), ...Object.keys(a.nodes ?? {})])
  return [...ids].map((id) => compared(id, a.nodes?.[id] ?? null, b.nodes?.[id] ?? null))
}

function compared(id: string, a: RunNode | null, b: RunNode | null): ComparedNode {
  if (!a || !b) return { id, a, b, differs: [a ? 'only in A' : 'only in B'] }
  const differs = [
    a.state !== b.state && 'state',
    differ(a.output, b.output) && 'output',
    (a.error?.type !== b.error?.type || a.error?.message !== b.error?.message) && 'error',
    a.attempts !== b.attempts && 'attempts',
  ]
  return { id, a, b, differs: differs.filter((word) => word !== false) }
}

function differ(a: RunNode['output'], b: RunNode['output']): boolean {
  return jsonDiff(a, b, 0).more
}

/** Milliseconds from its start to its end; null while there aren't both. */
export function tookOf(node: Pick<RunNode, 'started_at' | 'finished_at'> | null): number | null {
  if (!node || node.started_at === null || node.finished_at === null) return null
  return Date.parse(node.finished_at) - Date.parse(node.started_at)
}

/** `b` with the nodes and edges that only `a` has. Its own layout counts only if it places all of them. */
export function mergedDefinition(a: Definition, b: Definition): Definition {
  const known = new Set(b.nodes?.map((node) => node.id))
  const edges = new Map([...(b.edges ?? []), ...(a.edges ?? [])].map((edge) => [parseEdge(edge).id, edge]))
  const added = (a.nodes ?? []).filter((node) => !known.has(node.id))
  return {
    ...b,
    nodes: [...(b.nodes ?? []), ...added],
    edges: [...edges.values()],
  }
}

/** The graph in the states of `b`, each node with its state in `a` and what differs. */
export function comparedView(shape: Shape, b: Run, nodes: readonly ComparedNode[]): View {
  const found = new Map(nodes.map((node) => [node.id, node]))
  const view = viewOf(shape, b)
  return {
    ...view,
    nodes: view.nodes.map((node) => {
      const both = found.get(node.id)
      if (!both) return node
      const against = { state: both.a?.state ?? null, differs: both.differs.join(', ') }
      return { ...node, state: both.b?.state ?? null, against }
    }),
  }
}
