/**
 * What a state means to a reader: its tone (a colour and an icon), its label, and whether it is an end.
 *
 * A state that this build doesn't know is shown by its own name in a neutral tone, never hidden.
 */
export type Tone =
  'neutral' | 'queued' | 'running' | 'waiting' | 'success' | 'failure' | 'dead' | 'cancelled' | 'skipped'

const TONES: Record<string, Tone> = {
  PENDING: 'neutral',
  SCHEDULED: 'queued',
  RUNNING: 'running',
  WAITING: 'waiting',
  PAUSED: 'waiting',
  SUCCEEDED: 'success',
  FAILED: 'failure',
  DEAD: 'dead',
  CANCELLED: 'cancelled',
  SKIPPED: 'skipped',
}

const ENDS = new Set(['SUCCEEDED', 'FAILED', 'DEAD', 'CANCELLED', 'SKIPPED'])

export const RUN_STATES = [
  'PENDING',
  'RUNNING',
  'WAITING',
  'PAUSED',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
] as const

export const JOB_STATES = [
  'PENDING',
  'SCHEDULED',
  'RUNNING',
  'WAITING',
  'SUCCEEDED',
  'FAILED',
  'DEAD',
  'CANCELLED',
] as const

export function toneOf(state: string): Tone {
  return TONES[state] ?? 'neutral'
}

export function isEnd(state: string): boolean {
  return ENDS.has(state)
}

/** `SUCCEEDED` → `Succeeded`. */
export function labelOf(state: string): string {
  return state.charAt(0) + state.slice(1).toLowerCase()
}
