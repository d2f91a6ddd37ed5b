/**
 * Was an edge taken? Told from the state of the node it leaves, by the design's rules of the graph.
 *
 * `open`: that node isn't decided. `unknown`: it is, but its output (which names the port) wasn't sent. A success makes
 * `error` dead; a failure takes `error` if it has an edge, else `out` with `on_error: continue`, else nothing.
 */
import type { Json, NodeDefinition, RunNode } from '../api/types'
import type { GraphEdge } from './ports'
import { isEnd } from './states'

export type EdgeState = 'open' | 'taken' | 'dead' | 'unknown'

export function edgeState(
  edge: GraphEdge,
  source: NodeDefinition,
  run: RunNode | undefined,
  handlesError: boolean,
): EdgeState {
  if (!run || !isEnd(run.state)) return 'open'
  if (run.state === 'SKIPPED') return 'dead'
  if (run.state === 'SUCCEEDED') return afterSuccess(edge.port, source.type, run.output)
  if (handlesError) return edge.port === 'error' ? 'taken' : 'dead'
  return source.on_error === 'continue' && edge.port === 'out' ? 'taken' : 'dead'
}

function afterSuccess(port: string, type: string, output: Json): EdgeState {
  if (port === 'error') return 'dead'
  const chosen = chosenPort(type, output)
  if (chosen === null) return port === 'timeout' ? 'dead' : 'taken'
  if (chosen === undefined) return 'unknown'
  return chosen === port ? 'taken' : 'dead'
}

/** The one port that a success left by; null when the type has no choice, undefined when the output doesn't tell. */
function chosenPort(type: string, output: Json): string | null | undefined {
  if (type === 'if') return named(field(output, 'result'))
  if (type === 'switch') return field(output, 'case') === null ? 'default' : named(field(output, 'case'))
  if (type === 'approval') {
    const approved = field(output, 'approved')
    return typeof approved === 'boolean' ? (approved ? 'approved' : 'rejected') : undefined
  }
  // A wait that timed out and went on by its port has no output; a signal may have had none either.
  if (WAITS.has(type) && output === null) return undefined
  return null
}

const WAITS = new Set(['wait.event', 'wait.callback'])

function field(output: Json, name: string): Json | undefined {
  return typeof output === 'object' && output !== null && !Array.isArray(output) ? output[name] : undefined
}

function named(value: Json | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number'
    ? String(value)
    : undefined
}
