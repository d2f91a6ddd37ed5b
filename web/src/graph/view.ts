/**
 * The one mapping from (definition, run) to what the canvas draws. Pure: same input, same output, no React.
 *
 * The shape (which nodes, where, which edges) depends on the definition alone and is made once; the states are laid over
 * it. Given the previous view, a node or edge whose picture didn't change keeps its identity, so that a status tick
 * redraws only what changed.
 */
import type { Definition, Items, NodeDefinition, Position, Run, RunNode } from '../api/types'
import { edgeState, type EdgeState } from './edgeState'
import { layoutOf } from './layout'
import { edgesOf, inOrder, portsOf, type GraphEdge } from './ports'
import { summaryOf } from './summary'

export interface ViewNode {
  id: string
  type: string
  title: string
  summary: string
  /** How many of its edges it waits for, unless all: `any`, `2 of 3`. */
  join: string
  ports: string[]
  hasInput: boolean
  position: Position
  /** Null outside of a run. */
  state: string | null
  attempts: number
  startedAt: string | null
  finishedAt: string | null
  /** How far its children are, in a run of a `map`, `loop` or `workflow.call`. */
  items: Items | null
  /** What it waits for while it is parked: `approval`, `event`, `callback`. */
  waits: string | null
  /** Against another run: its state there, and in what the two differ. */
  against: Against | null
}

export interface Against {
  state: string | null
  /** `only in B`, or what differs; empty when nothing does. */
  differs: string
}

export interface ViewEdge extends GraphEdge {
  state: EdgeState
  /** Its source is decided and its target is at work: drawn moving. */
  active: boolean
  label: string
}

export interface View {
  nodes: readonly ViewNode[]
  edges: readonly ViewEdge[]
}

export interface Shape {
  nodes: ViewNode[]
  edges: GraphEdge[]
  /** The definition's nodes by id, and those whose failure an edge takes over. */
  sources: ReadonlyMap<string, NodeDefinition>
  handlesError: ReadonlySet<string>
}

export function shapeOf(definition: Definition): Shape {
  const edges = edgesOf(definition)
  const positions = layoutOf(definition, edges)
  const targets = new Set(edges.map((edge) => edge.to))
  const nodes = (definition.nodes ?? []).map((node) => ({
    id: node.id,
    type: node.type,
    title: node.title ?? node.id,
    summary: summaryOf(node),
    join: joinOf(node, edges),
    ports: inOrder(portsOf(node, edges), node.id, edges, positions),
    hasInput: targets.has(node.id),
    position: positions[node.id] ?? { x: 0, y: 0 },
    state: null,
    attempts: 0,
    startedAt: null,
    finishedAt: null,
    items: null,
    waits: null,
    against: null,
  }))
  return {
    nodes,
    edges,
    sources: new Map(definition.nodes?.map((node) => [node.id, node])),
    handlesError: new Set(edges.filter((edge) => edge.port === 'error').map((edge) => edge.from)),
  }
}

function joinOf(node: NodeDefinition, edges: readonly GraphEdge[]): string {
  if (node.join === undefined || node.join === 'all') return ''
  if (node.join === 'any') return 'any'
  return `${node.join.at_least} of ${edges.filter((edge) => edge.to === node.id).length}`
}

export function viewOf(shape: Shape, run: Run | null, previous?: View): View {
  const ran = run?.nodes ?? {}
  const nodes = shape.nodes.map((node) => (run ? withState(node, ran[node.id]) : node))
  const edges = shape.edges.map((edge) => viewEdge(shape, edge, run ? ran : null))
  return { nodes: keepSame(nodes, previous?.nodes), edges: keepSame(edges, previous?.edges) }
}

function withState(node: ViewNode, ran: RunNode | undefined): ViewNode {
  return {
    ...node,
    state: ran?.state ?? 'PENDING',
    attempts: ran?.attempts ?? 0,
    startedAt: ran?.started_at ?? null,
    finishedAt: ran?.finished_at ?? null,
    items: ran?.items ?? null,
    waits: ran?.waits?.kind ?? null,
  }
}

function viewEdge(shape: Shape, edge: GraphEdge, ran: Record<string, RunNode> | null): ViewEdge {
  const source = shape.sources.get(edge.from)
  const state =
    ran && source ? edgeState(edge, source, ran[edge.from], shape.handlesError.has(edge.from)) : 'open'
  const active = state === 'taken' && ran?.[edge.to]?.state === 'RUNNING'
  return { ...edge, state, active, label: edge.port === 'out' ? '' : edge.port }
}

/** The previous object wherever the new one says the same; the previous list when nothing changed at all. */
export function keepSame<T extends { id: string }>(
  next: readonly T[],
  previous: readonly T[] | undefined,
): readonly T[] {
  if (!previous) return next
  const known = new Map(previous.map((item) => [item.id, item]))
  const kept = next.map((item) => {
    const before = known.get(item.id)
    return before && sameFields(before, item) ? before : item
  })
  const unchanged = kept.length === previous.length && kept.every((item, index) => item === previous[index])
  return unchanged ? previous : kept
}

function sameFields<T extends object>(a: T, b: T): boolean {
  return (Object.keys(a) as (keyof T)[]).every((key) => same(a[key], b[key]))
}

/** The same value, or records of the same values: an answer that was read again gives new objects. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  return isRecord(a) && isRecord(b) && Object.keys(a).length === Object.keys(b).length && sameFields(a, b)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A node's title by its id; the id itself when it has none. */
export function titleIn(definition: Definition, id: string): string {
  return definition.nodes?.find((node) => node.id === id)?.title ?? id
}

/** Whether a run can be of this definition: every node that the run has is in it. */
export function fitsRun(definition: Definition, run: Run): boolean {
  const ids = new Set(definition.nodes?.map((node) => node.id))
  return Object.keys(run.nodes ?? {}).every((id) => ids.has(id))
}

/** A definition for a run whose workflow is gone: its nodes without edges, in the order they started. */
export function definitionOfRun(run: Run): Definition {
  const entries = Object.entries(run.nodes ?? {})
  const start = (node: RunNode) => (node.started_at === null ? Infinity : Date.parse(node.started_at))
  entries.sort(([, a], [, b]) => (start(a) === start(b) ? 0 : start(a) - start(b)))
  const layout = Object.fromEntries(
    entries.map(([id], index) => [id, { x: (index % 4) * 300, y: Math.floor(index / 4) * 130 }]),
  )
  return {
    holdfast: 1,
    name: run.workflow,
    nodes: entries.map(([id]) => ({ id, type: 'unknown' })),
    edges: [],
    layout,
  }
}
