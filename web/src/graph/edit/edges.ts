/**
 * Edges: connecting, disconnecting, and why a connection is refused.
 *
 * The rules are the server's: both ends exist in the same graph, the port is one of the source's, no edge twice, no
 * cycle, and a node that undoes another stands alone. A refusal is a sentence for the person who drags.
 */
import type { Definition, EdgeDefinition, NodeDefinition } from '../../api/types'
import { parseEdge, type GraphEdge } from '../ports'
import { graphAt, withGraph, type Graph } from './document'
import { portsOf, type Kinds } from './kinds'

export interface Link {
  from: string
  port: string
  to: string
}

/** `hot.true`, and `enrich` without its `out`. */
export function edgeOf({ from, port, to }: Link): EdgeDefinition {
  return { from: port === 'out' ? from : `${from}.${port}`, to }
}

export const edgeId = (link: Link) => `${link.from}.${link.port}->${link.to}`

/** Why this edge can't be, or null when it can. */
export function refusal(graph: Graph, link: Link, kinds: Kinds): string | null {
  const source = graph.nodes.find((node) => node.id === link.from)
  const target = graph.nodes.find((node) => node.id === link.to)
  if (!source || !target) return 'An edge connects two nodes of the same graph.'
  if (link.from === link.to) return "A node can't lead to itself."
  const edges = graph.edges.map(parseEdge)
  if (!portsOf(source, kinds, edges).includes(link.port))
    return `${nameOf(source)} has no port “${link.port}”.`
  if (edges.some((edge) => edge.id === edgeId(link))) return 'They are connected already.'
  const alone = [source, target].find((node) => undoing(graph, node.id))
  if (alone) return `${nameOf(alone)} undoes another node: it stands alone.`
  if (leadsTo(edges, link.to, link.from))
    return `That makes a cycle: ${nameOf(target)} leads to ${nameOf(source)}.`
  return null
}

export function connect(definition: Definition, path: readonly string[], link: Link): Definition {
  const graph = graphAt(definition, path)
  return withGraph(definition, path, { ...graph, edges: [...graph.edges, edgeOf(link)] })
}

/** Without the edges of these ids (`a.out->b`). */
export function disconnect(
  definition: Definition,
  path: readonly string[],
  ids: ReadonlySet<string>,
): Definition {
  const graph = graphAt(definition, path)
  const edges = graph.edges.filter((edge) => !ids.has(parseEdge(edge).id))
  return edges.length === graph.edges.length ? definition : withGraph(definition, path, { ...graph, edges })
}

/** Why each node of the graph can't be led to from a port; nodes that can are missing in it. */
export function refusals(graph: Graph, from: string, port: string, kinds: Kinds): Map<string, string> {
  const faults = graph.nodes.map(
    (node) => [node.id, refusal(graph, { from, port, to: node.id }, kinds)] as const,
  )
  return new Map(faults.filter((entry): entry is readonly [string, string] => entry[1] !== null))
}

/** What can be wired from a node: each port with the nodes that it may lead to. */
export function choices(
  graph: Graph,
  from: string,
  kinds: Kinds,
): { port: string; targets: NodeDefinition[] }[] {
  const source = graph.nodes.find((node) => node.id === from)
  if (!source) return []
  return portsOf(source, kinds, graph.edges.map(parseEdge)).map((port) => ({
    port,
    targets: graph.nodes.filter((node) => refusal(graph, { from, port, to: node.id }, kinds) === null),
  }))
}

/** The port that a new successor is hung on: the first without an edge that isn't the way of a failure. */
export function freePort(graph: Graph, from: string, kinds: Kinds): string | null {
  const source = graph.nodes.find((node) => node.id === from)
  if (!source || undoing(graph, from)) return null
  const edges = graph.edges.map(parseEdge)
  const ports = portsOf(source, kinds, edges).filter((port) => port !== 'error' && port !== 'timeout')
  const used = new Set(edges.filter((edge) => edge.from === from).map((edge) => edge.port))
  return ports.find((port) => !used.has(port)) ?? ports[0] ?? null
}

function undoing(graph: Graph, id: string): boolean {
  return graph.nodes.some((node) => node.compensate === id)
}

function leadsTo(edges: readonly GraphEdge[], from: string, to: string): boolean {
  const next = new Map<string, string[]>()
  for (const { from: source, to: target } of edges) {
    const known = next.get(source)
    if (known) known.push(target)
    else next.set(source, [target])
  }
  const seen = new Set<string>()
  const stack = [from]
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (id === to) return true
    if (seen.has(id)) continue
    seen.add(id)
    stack.push(...(next.get(id) ?? []))
  }
  return false
}

function nameOf(node: NodeDefinition): string {
  return node.title ?? node.id
}
