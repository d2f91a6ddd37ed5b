/**
 * What a job in a list is about, in a few words: its error, what it waits for, how far it is. Pure: `now` is given.
 *
 * The list doesn't know why a job waits (only the job alone does), so it says nothing that isn't in the row.
 */
import type { JobRecord } from '../api/jobs'
import type { Json } from '../api/types'
import { relative } from '../ui/format'

export function brief(job: JobRecord, now: number): string {
  switch (job.state) {
    case 'SCHEDULED':
      return `${job.attempt > 0 ? `attempt ${job.attempt} failed; again` : 'due'} ${relative(job.run_at, now)}`
    case 'PENDING':
      if (job.blocked) return `waits for a place at its key ${job.concurrency_key ?? ''}`.trimEnd()
      return `due ${relative(job.run_at, now)}`
    case 'WAITING':
      return 'parked until a signal comes'
    case 'RUNNING':
      return progressOf(job) ?? `attempt ${job.attempt} of ${job.max_attempts}`
    default:
      return errorOf(job)
  }
}

/** `type: message` in one line; empty without an error. */
export function errorOf(job: Pick<JobRecord, 'error'>): string {
  if (!job.error) return ''
  const { type, message } = job.error
  return [type, message].filter(Boolean).join(': ').replaceAll(/\s+/g, ' ')
}

/** What a handler told last: a share of 1, with or without a note, or its own words. */
export function progressOf({ progress }: Pick<JobRecord, 'progress'>): string | null {
  if (progress === null) return null
  if (isNoted(progress)) return [worded(progress.value), progress.note].filter(Boolean).join(' · ')
  return worded(progress)
}

/** The share that a handler told, 0 … 1, for a bar. */
export function shareOf({ progress }: Pick<JobRecord, 'progress'>): number | null {
  const value = isNoted(progress) ? progress.value : progress
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : null
}

function isNoted(value: Json): value is { value: Json; note: string } {
  return typeof value === 'object' && value !== null && 'value' in value && 'note' in value
}

function worded(value: Json): string {
  if (typeof value === 'number' && value >= 0 && value <= 1) return `${Math.round(value * 100)} %`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const SHOWN = 160

/** The beginning of a value on one line; nothing for nothing. */
export function preview(value: Json): string {
  if (value === null || (typeof value === 'object' && Object.keys(value).length === 0)) return ''
  const text = JSON.stringify(value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}

const REASONS: Record<string, string> = {
  inserted: 'inserted',
  claimed: 'a worker took it',
  succeeded: 'done',
  retry: 'the attempt failed; it is tried again',
  final_error: 'the error is one that is never retried',
  retries_exhausted: 'the last attempt that its policy allows failed',
  deadline: 'its deadline passed',
  lost: 'its worker stopped answering',
  needs_attention: 'its worker stopped answering; somebody has to look',
  snoozed: 'its handler put it off',
  suspended: 'its handler parked it until a signal comes',
  resumed: 'the signal came',
  timed_out: 'no signal came in time',
  released: 'its worker gave it back',
  cancelled: 'somebody cancelled it',
  run_cancelled: 'its run was cancelled',
  run_failed: 'its run failed at another node',
  manual_retry: 'somebody retried it',
  discarded: 'somebody discarded it',
  debounced: 'a newer insert put it off',
}

/** A transition's reason in words; one that this build doesn't know stands as it is. */
export function reasonOf(reason: string): string {
  return REASONS[reason] ?? reason.replaceAll('_', ' ')
}
