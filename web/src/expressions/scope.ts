/**
 * The names in scope at one place of a definition, as the server's validation sees them.
 *
 * A node reads the nodes that surely stand before it (in its own graph, and before each map or loop around it), the input,
 * vars, the trigger, the run and the workflow; an item and its place where there are some. What the last run gave fills in
 * the fields that no schema tells.
 */
import type { Definition, Json, NodeDefinition, Run } from '../api/types'
import type { Place } from '../forms/place'
import type { Graph } from '../graph/edit/document'
import { parseEdge } from '../graph/ports'
import { group, merged, nameOfSchema, nameOfValue, type Name } from './names'

/** What is special about a place: see the marks of a node kind's schema. */
export interface Extra {
  /** An item and its index: in bodies, and where each item of a list is looked at. */
  item?: Json | undefined
  hasItem?: boolean
  event?: boolean
  /** The only names that there are (`response`, `page`). */
  only?: readonly string[]
  /** Names of secrets, where one may stand. */
  secrets?: readonly string[]
  /** Addresses of callbacks exist in params only. */
  params?: boolean
}

const TRIGGER: Record<string, readonly string[]> = {
  manual: [],
  webhook: ['method', 'path', 'rest', 'query', 'headers', 'body', 'replay_of'],
  cron: ['fire_at', 'backfill'],
  every: ['fire_at', 'backfill'],
  at: ['fire_at', 'backfill'],
  event: ['event', 'events'],
}
const EVENT = ['id', 'type', 'data', 'subject', 'at', 'run', 'node', 'job', 'attributes']
const RUN = ['id', 'created_at', 'version', 'workflow', 'correlation_id']

const plain = (names: readonly string[]): Name[] => names.map((name) => ({ name }))

export function eventName(): Name {
  return group('event', 'The event that came', () => plain(EVENT))
}

/** What a trigger tells, by its type; several types tell all of theirs. */
export function triggerName(types: readonly string[], told?: Json): Name {
  const fields = new Set(['type', 'id', 'at', ...types.flatMap((type) => TRIGGER[type] ?? [])])
  const names = [...fields].map((name) => (name === 'event' ? eventName() : { name }))
  const known = group('trigger', 'What started the run', () => names)
  return told === undefined || told === null ? known : merged(known, nameOfValue('trigger', told))
}

export function varsName(definition: Definition): Name {
  return {
    ...nameOfValue('vars', definition.vars ?? {}),
    detail: '',
    info: 'Constants of the workflow',
  }
}

/** `place` null: the workflow's own output, at the end of its graph. */
export function namesAt(definition: Definition, place: Place | null, run: Run | null, extra: Extra): Name[] {
  if (extra.only) return plain(extra.only)
  const inBody = place !== null && place.outer !== null
  return [
    inputName(definition, run),
    group('nodes', 'Outputs and errors of the nodes before', () => nodeNames(definition, place, run)),
    varsName(definition),
    ...(inBody || extra.hasItem ? itemNames(extra.item) : []),
    ...(extra.event ? [eventName()] : []),
    triggerName(triggerTypes(definition), triggerOf(run)),
    runName(place, extra),
    group('workflow', 'This workflow', () => plain(['name', 'version'])),
    { name: 'now', detail: 'timestamp', info: 'When the node was filled in; a retry sees the same' },
    ...(extra.secrets ? [secretsName(extra.secrets)] : []),
  ]
}

function inputName(definition: Definition, run: Run | null): Name {
  const schema = { ...nameOfSchema('input', definition.input, 'What the run was started with'), detail: '' }
  if (!run || run.input === null) return schema
  return { ...merged(schema, nameOfValue('input', run.input)), detail: 'object' }
}

function itemNames(item: Json | undefined): Name[] {
  const known: Name = item === undefined ? { name: 'item' } : nameOfValue('item', item)
  return [
    { ...known, info: 'The item, or the output of the round before' },
    { name: 'index', detail: 'int', info: 'Its place, from 0' },
  ]
}

function secretsName(secrets: readonly string[]): Name {
  return group('secrets', 'Filled in when the node runs, and never shown', () => plain(secrets))
}

function runName(place: Place | null, extra: Extra): Name {
  const waiting =
    extra.params && place ? place.graph.nodes.filter(({ type }) => type === 'wait.callback') : []
  const callbacks = group('callbacks', 'Addresses to give away', () => plain(waiting.map(({ id }) => id)))
  return group('run', 'This run', () => [...plain(RUN), ...(waiting.length > 0 ? [callbacks] : [])])
}

function triggerTypes(definition: Definition): string[] {
  return ['manual', ...(definition.triggers ?? []).map(({ type }) => type)]
}

function triggerOf(run: Run | null): Json | undefined {
  return typeof run?.trigger === 'object' ? run.trigger : undefined
}

function nodeNames(definition: Definition, place: Place | null, run: Run | null): Name[] {
  return readable(definition, place).map((node) => {
    const ran = run?.nodes?.[node.id]
    const output = ran?.state === 'SUCCEEDED' ? nameOfValue('output', ran.output) : { name: 'output' }
    const failed = ran?.error ? nameOfValue('error', ran.error as Json) : plainError()
    return group(node.id, node.title ?? node.type, () => [output, failed])
  })
}

function plainError(): Name {
  return group('error', 'Null unless it failed', () => plain(['type', 'message']))
}

/** The nodes that an expression at `place` can read, the nearest graph first. */
export function readable(definition: Definition, place: Place | null): NodeDefinition[] {
  if (!place) {
    const nodes = definition.nodes ?? []
    const undoing = new Set(nodes.map(({ compensate }) => compensate))
    return nodes.filter(({ id }) => !undoing.has(id))
  }
  const found: NodeDefinition[] = []
  for (let at: Place | null = place; at; at = at.outer) found.push(...nodesBefore(at.graph, at.node))
  return found
}

/** Those from which edges lead to the node; of one that undoes another: that other, and those before it. */
function nodesBefore(graph: Graph, node: NodeDefinition): NodeDefinition[] {
  const undone = graph.nodes.find(({ compensate }) => compensate === node.id)
  const before = idsBefore(graph, (undone ?? node).id)
  if (undone) before.add(undone.id)
  return graph.nodes.filter(({ id }) => before.has(id) && id !== node.id)
}

function idsBefore(graph: Graph, id: string): Set<string> {
  const into = new Map<string, string[]>()
  for (const { from, to } of graph.edges.map(parseEdge)) into.set(to, [...(into.get(to) ?? []), from])
  const found = new Set<string>()
  const open = [...(into.get(id) ?? [])]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue
    found.add(next)
    open.push(...(into.get(next) ?? []))
  }
  return found
}
