/** What belongs to the workflow as a whole, as schemas: drawn like the forms of nodes. */
import { duration } from '../../forms/nodeSchema'
import type { Schema } from '../../forms/model'

export const ABOUT: Schema = {
  type: 'object',
  properties: {
    title: { type: 'string', title: 'Title' },
    description: { type: 'string', title: 'Description' },
    tags: { type: 'array', title: 'Tags', items: { type: 'string' } },
  },
}

export const RUNS: Schema = {
  type: 'object',
  properties: {
    timeout: duration('Timeout of a run', 'How long a run may take, waits included.', '30d'),
    on_failure: {
      type: 'string',
      title: 'When a node fails',
      description: 'cancel stops the nodes beside it; drain lets their attempts end.',
      enum: ['cancel', 'drain'],
      default: 'cancel',
    },
    queue: { type: 'string', title: 'Queue', description: 'That of its nodes, unless they name one.' },
    priority: {
      type: 'integer',
      title: 'Priority',
      description: 'Of its nodes, from -100 to 100; higher goes first.',
      minimum: -100,
      maximum: 100,
    },
  },
}
