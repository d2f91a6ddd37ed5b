/**
 * A rule as a document, and changes of its parts. Pure: each gives the next document, the order of what was there stays.
 *
 * The document is whatever was written: parts that have another form than expected are left alone and shown as text only.
 */
import type { RuleDocument } from '../api/rules'
import type { Json } from '../api/types'

export type Part = { [key: string]: Json }

export const TRIGGERS = ['event', 'cron', 'every', 'at', 'webhook'] as const

const FRESH: Record<string, Part> = {
  event: { type: 'event', event: '' },
  cron: { type: 'cron', cron: '0 7 * * *', timezone: 'UTC' },
  every: { type: 'every', every: '1h' },
  at: { type: 'at', at: '' },
  webhook: { type: 'webhook' },
}

export function blankRule(): RuleDocument {
  return { name: '', trigger: freshTrigger('event'), conditions: [], jobs: [{ kind: 'noop', payload: {} }] }
}

export function freshTrigger(type: string): Part {
  return { ...((Object.hasOwn(FRESH, type) ? FRESH[type] : undefined) ?? { type }) }
}

/** Sets a field, or leaves it out when there is nothing to say. */
export function put(document: Part, key: string, value: Json | undefined): Part {
  if (value !== undefined && value !== '') return { ...document, [key]: value }
  return othersOf(document, [key])
}

export function textOf(document: Part, key: string): string {
  const value = document[key]
  return typeof value === 'string'
    ? value
    : value === undefined || value === null
      ? ''
      : JSON.stringify(value)
}

export function triggerOf(document: RuleDocument): Part {
  return isPart(document['trigger']) ? document['trigger'] : {}
}

/** One text stands for a list of one. */
export function conditionsOf(document: RuleDocument): string[] {
  const given = document['conditions']
  if (typeof given === 'string') return [given]
  return Array.isArray(given)
    ? given.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
    : []
}

export function jobsOf(document: RuleDocument): Part[] {
  const given = document['jobs']
  return Array.isArray(given) ? given.filter(isPart) : []
}

/** What isn't among the known fields of a part: shown as JSON, so that nothing is hidden. */
export function othersOf(part: Part, known: readonly string[]): Part {
  return Object.fromEntries(Object.entries(part).filter(([key]) => !known.includes(key)))
}

export function withOthers(part: Part, known: readonly string[], others: Json | undefined): Part {
  const kept = Object.fromEntries(Object.entries(part).filter(([key]) => known.includes(key)))
  return isPart(others) ? { ...kept, ...othersOf(others, known) } : kept
}

/** What starts it, in a few words. */
export function triggerWords(trigger: Part): string {
  const type = textOf(trigger, 'type')
  if (type === 'event') return textOf(trigger, 'event')
  if (type === 'cron') return `${textOf(trigger, 'cron')} (${textOf(trigger, 'timezone') || 'UTC'})`
  if (type === 'every' || type === 'at') return `${type} ${textOf(trigger, type)}`
  return type || '?'
}

/** What a try is begun with: the part of `trigger` that the conditions are likely to read. */
export function sampleTrigger(trigger: Part): Json {
  const type = textOf(trigger, 'type')
  if (type === 'event')
    return { event: { type: textOf(trigger, 'event').replace(/\.?\*$/, '') || 'event', data: {} } }
  if (type === 'webhook') return { body: {}, query: {}, headers: {} }
  return {}
}

export function isPart(value: Json | undefined): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
