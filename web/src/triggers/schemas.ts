/** The types of triggers, each with what can be said of it, as schemas: their forms are drawn like those of nodes. */
import type { TriggerDefinition } from '../api/types'
import { duration } from '../forms/nodeSchema'
import type { Schema } from '../forms/model'

export type TriggerType = 'manual' | 'webhook' | 'cron' | 'every' | 'at' | 'event'

export const TRIGGER_TYPES: readonly { type: TriggerType; title: string; about: string }[] = [
  {
    type: 'manual',
    title: 'By hand',
    about: 'Somebody starts it here, by the API or from the command line.',
  },
  { type: 'webhook', title: 'Webhook', about: 'A request at an address of its own.' },
  { type: 'cron', title: 'Cron', about: 'At times such as every working day at seven.' },
  { type: 'every', title: 'Interval', about: 'Every so often.' },
  { type: 'at', title: 'Once', about: 'At one moment.' },
  { type: 'event', title: 'Event', about: 'When something is told that fits.' },
]

export const CLOCKS: readonly string[] = ['cron', 'every', 'at']

const CLOCK = {
  timezone: {
    type: 'string',
    title: 'Time zone',
    description: 'UTC, unless given.',
    examples: ['Europe/Berlin'],
  },
  starts_at: { type: 'string', title: 'Not before', examples: ['2026-01-31T09:30:00Z'] },
  ends_at: { type: 'string', title: 'Not after', examples: ['2026-12-31T18:00:00Z'] },
  jitter: duration('Jitter', 'Fires up to so much later, so that not all come at once.', '30s'),
  misfire: {
    type: 'string',
    title: 'After a downtime',
    description: 'Of the times that were missed: none fires, the last, or all.',
    enum: ['skip', 'once', 'all'],
    default: 'once',
  },
  misfire_limit: {
    type: 'integer',
    title: 'Most missed times',
    description: 'With all: only the newest so many.',
    minimum: 1,
    maximum: 10000,
    default: 100,
  },
}

const WEBHOOK = {
  methods: {
    type: 'array',
    title: 'Methods',
    description: 'Any, unless some are named.',
    items: { type: 'string', enum: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] },
  },
  respond: {
    type: 'string',
    title: 'Answers with',
    description: 'now: the id of the run, at once. result: its output. node: what its webhook.respond says.',
    enum: ['now', 'result', 'node'],
    default: 'now',
  },
  wait: duration(
    'Waits at most',
    'For the result or the node, up to 5m; then it answers with the id.',
    '30s',
  ),
  dedupe: {
    type: 'string',
    title: 'Id of a delivery',
    description: 'An expression: deliveries with the same id start once.',
    examples: ['trigger.body.id'],
    'x-holdfast-later': ['trigger'],
  },
  max_body: {
    type: 'integer',
    title: 'Largest body',
    description: 'In bytes.',
    minimum: 1,
    maximum: 8388608,
    default: 1048576,
  },
  rate: { type: 'string', title: 'Most calls', description: 'More are refused (429).', examples: ['100/1m'] },
  cors: {
    type: 'array',
    title: 'Origins of pages',
    description: 'Pages of these origins, or *, may call it.',
    items: { type: 'string', examples: ['https://shop.example.com'] },
  },
}

const EVENT = {
  event: {
    type: 'string',
    title: 'Event',
    description: 'Its type; a * at the end stands for any rest.',
    examples: ['order.*'],
  },
  condition: {
    type: 'string',
    title: 'Condition',
    description: 'An expression over the event, without braces: only events for which it is true count.',
    examples: ['event.data.amount > 100'],
    'x-holdfast-later': true,
  },
  debounce: duration('Quiet time', 'Starts once nothing has come for so long, with all that came.', '30s'),
  batch: {
    type: 'object',
    title: 'Batch',
    description: 'Gathers events: one start for many.',
    properties: {
      size: { type: 'integer', title: 'Events', minimum: 1, maximum: 1000, default: 1000 },
      within: duration('Within', 'Starts so long after the first event at the latest.', '10s'),
    },
  },
  kind: { type: 'string', title: 'Kind of job', description: 'For job.* events: only jobs of this kind.' },
  workflow: {
    type: 'string',
    title: 'Workflow',
    description: 'For workflow.* and node.* events: only those of this workflow.',
  },
}

const OWN: Record<TriggerType, { properties: Schema; required: string[] }> = {
  manual: { properties: {}, required: [] },
  webhook: { properties: WEBHOOK, required: [] },
  cron: {
    properties: {
      cron: {
        type: 'string',
        title: 'Cron expression',
        description: 'Minute, hour, day, month, day of the week; six fields begin with the second.',
        examples: ['0 7 * * 1-5'],
      },
      ...CLOCK,
    },
    required: ['cron'],
  },
  every: {
    properties: {
      every: duration('Every', 'Counted from the first save.', '15m'),
      ...CLOCK,
    },
    required: ['every'],
  },
  at: {
    properties: {
      at: {
        type: 'string',
        title: 'At',
        description: 'With an offset, or with a time zone below.',
        examples: ['2026-12-24T18:00:00+01:00'],
      },
      ...CLOCK,
    },
    required: ['at'],
  },
  event: { properties: EVENT, required: ['event'] },
}

/** `rule`: the trigger of a rule, which has no run that could answer. */
export function schemaOf(type: string, rule = false): Schema | null {
  const own = isTriggerType(type) ? OWN[type] : null
  if (!own) return null
  const kept = Object.entries(own.properties).filter(([name]) => !rule || !['respond', 'wait'].includes(name))
  return { type: 'object', properties: Object.fromEntries(kept), required: own.required }
}

export function isTriggerType(type: string): type is TriggerType {
  return TRIGGER_TYPES.some((each) => each.type === type)
}

const NAMES = {
  manual: 'by_hand',
  webhook: 'hook',
  cron: 'clock',
  every: 'interval',
  at: 'once',
  event: 'event',
}

/** A new trigger with a name that is free. What it can't guess it leaves out: the validation asks for it. */
export function newTrigger(type: TriggerType, taken: readonly string[]): TriggerDefinition {
  const base = NAMES[type]
  let id = base
  for (let number = 2; taken.includes(id); number += 1) id = `${base}_${number}`
  return {
    id,
    type,
    ...(type === 'cron' && { cron: '0 7 * * 1-5' }),
    ...(type === 'every' && { every: '15m' }),
  }
}

/** What it waits for, in a few words. */
export function summaryOf(trigger: TriggerDefinition): string {
  const { type, timezone } = trigger
  const told = trigger[type]
  const text = typeof told === 'string' ? told : ''
  if (type === 'cron' && typeof timezone === 'string') return `${text} · ${timezone}`
  return type === 'every' && text ? `every ${text}` : text
}
