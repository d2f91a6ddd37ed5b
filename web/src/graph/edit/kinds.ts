/** What a node's kind says of its graph: the ports it has, whether it holds a body, what stands in it at first. */
import type { Json, NodeDefinition } from '../../api/types'
import type { Kind } from '../../editor/contract'
import type { GraphEdge } from '../ports'
import { portsOf as drawnPorts } from '../ports'
import { isFields } from './steps'

export type Kinds = ReadonlyMap<string, Kind>

export const ERROR_PORT = 'error'

/**
 * Every port an edge may leave from: the named cases of a switch, the kind's own, `error`. An unknown kind has those
 * that its edges name, and `out`.
 */
export function portsOf(node: NodeDefinition, kinds: Kinds, edges: readonly GraphEdge[] = []): string[] {
  const kind = kinds.get(node.type)
  if (!kind) return [...new Set([...drawnPorts(node, edges), 'out'])]
  const cases = kind.dynamic_ports ? casesOf(node, kind) : []
  return [...new Set([...cases, ...kind.ports, ...(kind.has_error ? [ERROR_PORT] : [])])]
}

function casesOf(node: NodeDefinition, kind: Kind): string[] {
  const name = marked(kind, 'x-holdfast-cases') ?? 'cases'
  const cases = node.params?.[name]
  return isFields(cases) ? Object.keys(cases) : []
}

/** The name of the parameter that carries a mark. */
function marked(kind: Kind, mark: string): string | undefined {
  const properties = kind.params['properties']
  if (!isFields(properties)) return undefined
  return Object.keys(properties).find((name) => isFields(properties[name]) && mark in properties[name])
}

/** Whether nodes of this type can hold a graph of their own. */
export function holdsBody(type: string, kinds: Kinds): boolean {
  const kind = kinds.get(type)
  return kind ? marked(kind, 'x-holdfast-body') !== undefined : type === 'map' || type === 'loop'
}

/**
 * What a new node starts with: the defaults that the schema names for required parameters, and an empty body. Nothing
 * invented: what is missing is told by the validation and asked for by the form.
 */
export function firstParams(kind: Kind): { [key: string]: Json } {
  const properties = kind.params['properties']
  const required = kind.params['required']
  if (!isFields(properties)) return {}
  const params: { [key: string]: Json } = {}
  for (const [name, schema] of Object.entries(properties)) {
    if (!isFields(schema)) continue
    if ('x-holdfast-body' in schema) params[name] = { nodes: [], edges: [] }
    else if (Array.isArray(required) && required.includes(name) && schema['default'] !== undefined)
      params[name] = schema['default']
  }
  return params
}
