/** What a verdict means to a reader, and a delivery's parts as text. Pure. */
import type { Firing } from '../api/firings'
import type { Json } from '../api/types'
import type { Tone } from '../graph/states'

const VERDICT: Record<string, { label: string; tone: Tone; meaning: string }> = {
  started: { label: 'Started', tone: 'success', meaning: 'It started what it should.' },
  not_met: {
    label: 'Not met',
    tone: 'neutral',
    meaning: 'The conditions were not met; nothing was started.',
  },
  skipped: { label: 'Skipped', tone: 'queued', meaning: 'Its time passed during a downtime.' },
  rejected: { label: 'Rejected', tone: 'waiting', meaning: 'It was refused; nothing was started.' },
  failed: { label: 'Failed', tone: 'failure', meaning: 'It could not be started.' },
}

export function verdictOf(verdict: string): { label: string; tone: Tone; meaning: string } {
  return (
    (Object.hasOwn(VERDICT, verdict) ? VERDICT[verdict] : undefined) ?? {
      label: verdict,
      tone: 'neutral',
      meaning: '',
    }
  )
}

/** Whether something is kept that could be started again; the server decides in the end. */
export function isReplayable(firing: Firing): boolean {
  return firing.type === 'webhook' && firing.given !== null && firing.given !== undefined
}

export interface ConditionTold {
  condition: string
  met: boolean
  reason: string
}

/** What each condition of a rule gave; empty where nothing is told of it. */
export function conditionsIn(detail: Json): ConditionTold[] {
  const conditions = isObject(detail) ? detail['conditions'] : null
  if (!Array.isArray(conditions)) return []
  return conditions.flatMap((each) => {
    if (!isObject(each) || typeof each['condition'] !== 'string') return []
    return [{ condition: each['condition'], met: each['met'] === true, reason: asText(each['reason'] ?? '') }]
  })
}

/** Name and value of each header or query parameter; a repeated one has its values side by side. */
export function pairsOf(value: Json | undefined): [string, string][] {
  if (!isObject(value)) return []
  return Object.entries(value).map(([name, each]) => [
    name,
    Array.isArray(each) ? each.map(asText).join(', ') : asText(each),
  ])
}

export function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}

export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
