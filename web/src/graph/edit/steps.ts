/**
 * `steps:` as nodes and edges, the way the server reads them: a list runs in order, a `parallel` group beside each other.
 *
 * The canvas shows the graph of steps; the first change of that graph writes nodes and edges in their place. What can't
 * be read as a step is left out here and told by the validation.
 */
import type { EdgeDefinition, Json, NodeDefinition } from '../../api/types'

export interface Expanded {
  nodes: NodeDefinition[]
  edges: EdgeDefinition[]
}

type Fields = { [key: string]: Json }

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function expandSteps(steps: readonly Json[]): Expanded {
  const made: Expanded = { nodes: [], edges: [] }
  sequence(made, steps, [])
  return made
}

/** Answers the nodes that the sequence ends with. */
function sequence(made: Expanded, steps: readonly Json[], before: string[]): string[] {
  return steps.reduce<string[]>((ends, step) => {
    const next = one(made, step, ends)
    return next.length > 0 ? next : ends
  }, before)
}

function one(made: Expanded, step: Json, before: string[]): string[] {
  if (!isFields(step)) return []
  const group = step['parallel']
  if (Array.isArray(group)) return group.flatMap((branch) => branchOf(made, branch, before))
  if (typeof step['id'] !== 'string' || typeof step['type'] !== 'string') return []
  const node = step as unknown as NodeDefinition
  made.nodes.push(node)
  made.edges.push(...before.map((from) => ({ from, to: node.id })))
  return [node.id]
}

function branchOf(made: Expanded, branch: Json, before: string[]): string[] {
  const inner = isFields(branch) ? branch['steps'] : undefined
  return Array.isArray(inner) ? sequence(made, inner, before) : one(made, branch, before)
}
