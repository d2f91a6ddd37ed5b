/** What every node has, whatever its kind, as a schema: drawn like the rest. Its defaults are those of the kind. */
import type { Json, NodeDefinition } from '../api/types'
import type { Kind } from '../editor/contract'
import type { Graph } from '../graph/edit/document'
import type { Schema } from './model'

const DURATION = String.raw`^\d{1,12}(\.\d{1,6})?(ms|s|m|h|d)$`

export const BEHAVIOUR_KEYS = [
  'join',
  'on_error',
  'retry',
  'timeout',
  'queue',
  'priority',
  'compensate',
] as const

export function duration(title: string, description: string, example: string): Schema {
  return { type: 'string', title, description, pattern: DURATION, examples: [example] }
}

export function behaviourOf(kind: Kind | undefined, node: NodeDefinition, graph: Graph): Schema {
  const others = graph.nodes.map(({ id }) => id).filter((id) => id !== node.id)
  return {
    type: 'object',
    properties: {
      on_error: {
        type: 'string',
        title: 'When it fails',
        description:
          'continue goes on as if it had succeeded. An edge from its error port handles the failure instead.',
        enum: ['fail', 'continue'],
        default: 'fail',
      },
      retry: retryOf(kind),
      timeout: duration('Timeout', 'How long one attempt may take.', kind?.timeout ?? '1h'),
      queue: { type: 'string', title: 'Queue', description: "Without it, the workflow's." },
      priority: {
        type: 'integer',
        title: 'Priority',
        description: 'Higher goes first, from -100 to 100.',
        minimum: -100,
        maximum: 100,
      },
      ...(others.length > 0 && {
        compensate: {
          type: 'string',
          title: 'Undone by',
          description: 'The node that undoes this one when the run fails later. It has no edges.',
          enum: others,
        },
      }),
    },
  }
}

export function retryOf(kind?: Kind): Schema {
  const given = kind?.retry ?? {}
  const default_ = (name: string, otherwise: Json) => given[name] ?? otherwise
  const delay = (name: string, otherwise: string) => {
    const told = given[name]
    return typeof told === 'string' ? told : otherwise
  }
  return {
    type: 'object',
    title: 'Retries',
    properties: {
      max_attempts: {
        type: 'integer',
        title: 'Most attempts',
        minimum: 1,
        maximum: 1000,
        default: default_('max_attempts', 3),
      },
      strategy: {
        type: 'string',
        title: 'Strategy',
        enum: ['fixed', 'linear', 'exponential'],
        default: default_('strategy', 'exponential'),
      },
      base_delay: duration('First delay', '', delay('base_delay', '1s')),
      max_delay: duration('Longest delay', '', delay('max_delay', '5m')),
      jitter: {
        type: 'string',
        title: 'Jitter',
        description: 'Spreads retries, so that not all come at once.',
        enum: ['none', 'full', 'equal'],
        default: default_('jitter', 'full'),
      },
      on_lost: {
        type: 'string',
        title: 'When its worker is lost',
        enum: ['retry', 'stop'],
        default: default_('on_lost', 'retry'),
      },
    },
  }
}

/** What is set, in a few words. */
export function behaviourNote(node: NodeDefinition): string {
  const words = [
    node.when !== undefined && 'when',
    node.join !== undefined && node.join !== 'all' && 'join',
    node.on_error === 'continue' && 'continues on error',
    node.retry !== undefined && 'retries',
    node.timeout !== undefined && `timeout ${node.timeout}`,
    node.queue !== undefined && `queue ${node.queue}`,
    node.priority !== undefined && `priority ${node.priority}`,
    node.compensate !== undefined && `undone by ${node.compensate}`,
  ]
  return words.filter((word) => word !== false).join(' · ')
}
