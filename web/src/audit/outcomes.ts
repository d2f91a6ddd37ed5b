/** How an act came out, as it is told. Pure. */
import type { AuditOutcome } from '../api/audit'

export const OUTCOMES: readonly AuditOutcome[] = ['done', 'denied', 'refused', 'failed']

export const OUTCOME: Record<AuditOutcome, { label: string; tone: string; means: string }> = {
  done: { label: 'Done', tone: 'success', means: 'It was done.' },
  denied: { label: 'Denied', tone: 'failure', means: 'The caller may not do it.' },
  refused: { label: 'Refused', tone: 'waiting', means: 'What was sent, or the state of things, forbids it.' },
  failed: { label: 'Failed', tone: 'failure', means: 'The server failed at it.' },
}
