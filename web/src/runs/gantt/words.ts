/** What a stretch of the timeline is called, what it means and how it is coloured. */
import type { Stretch } from '../../graph/gantt'
import type { Tone } from '../../graph/states'

interface Words {
  label: string
  means: string
}

export const KINDS: Record<string, Words> = {
  running: { label: 'Running', means: 'a worker is at it' },
  waiting: { label: 'Waiting', means: 'due; no worker has it yet' },
  backoff: { label: 'Backoff', means: 'until it is tried again' },
  parked: { label: 'Parked', means: 'waits for a time, a signal, an event or children; holds no worker' },
  held: { label: 'Held', means: 'the run is paused' },
}

const OUTCOMES: Record<string, Tone> = {
  succeeded: 'success',
  failed: 'failure',
  timeout: 'failure',
  lost: 'dead',
  cancelled: 'cancelled',
}

/** An attempt has its outcome's colour; one that only parked its node says neither good nor bad. */
export function toneOfStretch({ kind, to, outcome }: Stretch): Tone {
  if (kind === 'backoff') return 'queued'
  if (kind === 'parked') return 'waiting'
  if (kind !== 'running') return 'neutral'
  return to === null || outcome === null ? 'running' : (OUTCOMES[outcome] ?? 'running')
}

/** `timed_out` → `timed out`. */
export function outcomeWords(outcome: string): string {
  return outcome.replaceAll('_', ' ')
}
