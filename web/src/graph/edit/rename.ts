/**
 * A node under another id: itself, its edges, its place, what it undoes, and every expression that reads it, on every
 * level of the document. Answers null for the definition and why, when the id can't be.
 */
import type { Definition, EdgeDefinition, Json, NodeDefinition } from '../../api/types'
import { parseEdge } from '../ports'
import { bodyOf, graphAt, nodeAt, withBody, withGraph, type Graph } from './document'
import { edgeOf } from './edges'
import { faultOfId, idsOf } from './ids'
import type { Kinds } from './kinds'
import { inExpression, inValue, type Names } from './references'
import { isFields } from './steps'

export type Renamed = { definition: Definition; fault: null } | { definition: null; fault: string }

export function rename(
  definition: Definition,
  nodePath: readonly string[],
  id: string,
  kinds: Kinds,
): Renamed {
  const old = nodePath.at(-1)
  if (old === undefined || !nodeAt(definition, nodePath)) return refused('There is no such node any more.')
  if (id === old) return { definition, fault: null }
  const fault = faultOfId(id)
  if (fault) return refused(fault)
  if (idsOf(definition).has(id)) return refused(`Another node has the id "${id}".`)
  return { definition: underNames(definition, new Map([[old, id]]), kinds), fault: null }
}

function refused(fault: string): Renamed {
  return { definition: null, fault }
}

function underNames(definition: Definition, names: Names, kinds: Kinds): Definition {
  const graph = renameGraph(graphAt(definition), names, kinds)
  const next = withGraph(definition, [], graph)
  if (next.output !== undefined) next.output = inValue(next.output, names)
  if (next.layout) {
    next.layout = Object.fromEntries(
      Object.entries(next.layout).map(([id, place]) => [names.get(id) ?? id, place]),
    )
  }
  return next
}

/** A graph with its nodes' ids changed and everything in it that names them. */
export function renameGraph(graph: Graph, names: Names, kinds: Kinds): Graph {
  return {
    nodes: graph.nodes.map((node) => renameNode(node, names, kinds)),
    edges: graph.edges.map((edge) => renameEdge(edge, names)),
  }
}

function renameEdge(edge: EdgeDefinition, names: Names): EdgeDefinition {
  const { from, port, to } = parseEdge(edge)
  if (!names.has(from) && !names.has(to)) return edge
  return edgeOf({ from: names.get(from) ?? from, port, to: names.get(to) ?? to })
}

function renameNode(node: NodeDefinition, names: Names, kinds: Kinds): NodeDefinition {
  const made: NodeDefinition = { ...node, id: names.get(node.id) ?? node.id }
  if (node.when !== undefined) made.when = inExpression(node.when, names)
  if (node.compensate !== undefined) made.compensate = names.get(node.compensate) ?? node.compensate
  const body = bodyOf(node)
  if (node.params) made.params = paramsUnder(node, names, kinds)
  return body ? withBody(made, renameGraph(body, names, kinds)) : made
}

/** The params without their body's graph, which is renamed as a graph; its output is a template like others. */
function paramsUnder(node: NodeDefinition, names: Names, kinds: Kinds): { [key: string]: Json } {
  const schema = kinds.get(node.type)?.params ?? {}
  const bare = (path: readonly string[]) => path[0] !== 'body' && isBare(schema, path)
  return inValue(node.params ?? {}, names, bare)
}

const MARKS = ['x-holdfast-expression', 'x-holdfast-each', 'x-holdfast-cases', 'x-holdfast-later']

/** Whether what stands at `path` of the params is an expression without braces, by the marks of its schema. */
export function isBare(schema: Json, path: readonly string[]): boolean {
  if (!isFields(schema)) return false
  if (MARKS.some((mark) => schema[mark] !== undefined && schema[mark] !== false)) return true
  const [first, ...rest] = path
  const properties = schema['properties']
  const inner = first === undefined || !isFields(properties) ? undefined : properties[first]
  return inner !== undefined && isBare(inner, rest)
}
