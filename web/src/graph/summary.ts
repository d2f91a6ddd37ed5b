/**
 * One line that says what a node does, from its params: `POST crm.example.com/enrich`, a condition, a recipient.
 *
 * Params are users' values of any form: what isn't the expected text gives no line rather than a wrong one.
 */
import type { Json, NodeDefinition } from '../api/types'

type Params = { [key: string]: Json }

const LINES: Record<string, (params: Params) => string> = {
  'http.request': (params) => join(text(params['method']) || 'GET', bareAddress(text(params['url']))),
  'email.send': (params) => before('to ', recipients(params['to'])),
  if: (params) => text(params['condition']),
  switch: (params) => text(params['value']),
  filter: (params) => text(params['condition']),
  delay: (params) => before('for ', text(params['for'])),
  'wait.until': (params) => before('until ', text(params['at'])),
  'wait.event': (params) => text(params['event']),
  log: (params) => text(params['message']),
  fail: (params) => text(params['message']),
  task: (params) => text(params['name']),
  transform: (params) => keysOf(params['value']),
  'workflow.call': (params) => text(params['workflow']),
  map: (params) => before('over ', text(params['items'])),
}

const LONGEST = 80

export function summaryOf(node: NodeDefinition): string {
  const line = LINES[node.type]?.(node.params ?? {}) ?? ''
  const flat = line.replace(/\s+/g, ' ').trim()
  return flat.length > LONGEST ? `${flat.slice(0, LONGEST - 1)}…` : flat
}

function text(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function before(word: string, value: string): string {
  return value ? word + value : ''
}

function join(...parts: string[]): string {
  return parts.filter(Boolean).join(' ')
}

function bareAddress(url: string): string {
  return url.replace(/^https?:\/\//, '')
}

function recipients(value: Json | undefined): string {
  return Array.isArray(value) ? value.map(text).filter(Boolean).join(', ') : text(value)
}

function keysOf(value: Json | undefined): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.keys(value).join(', ')
  return text(value)
}
