/** What can be done to jobs, in which states, and the words for it. Pure. */
import type { BulkAction, BulkFilter, Changed } from '../api/jobs'
import { labelOf } from '../graph/states'
import { plural, shortId } from '../ui/format'

const POSSIBLE: Record<BulkAction, ReadonlySet<string>> = {
  retry: new Set(['FAILED', 'DEAD', 'CANCELLED']),
  cancel: new Set(['PENDING', 'SCHEDULED', 'RUNNING', 'WAITING']),
  discard: new Set(['FAILED', 'DEAD']),
}

interface Words {
  verb: string
  done: string
  /** What it means for each job. */
  means: string
}

export const WORDS: Record<BulkAction, Words> = {
  retry: {
    verb: 'Retry',
    done: 'Retried',
    means:
      'Each runs again with a fresh budget of attempts. Jobs of runs are left as they are: rerun the run.',
  },
  cancel: {
    verb: 'Cancel',
    done: 'Cancelled',
    means: 'What waits ends at once; what runs is asked to stop.',
  },
  discard: {
    verb: 'Discard',
    done: 'Discarded',
    means: 'They become cancelled, with the reason on record, and need nobody’s attention any more.',
  },
}

export function can(action: BulkAction, state: string): boolean {
  return POSSIBLE[action].has(state)
}

/** Whether the action can find anything at all under this filter; the API refuses one that names nothing. */
export function canFind(action: BulkAction, filter: BulkFilter): boolean {
  if (filter.state !== undefined) return can(action, filter.state)
  return [filter.queue, filter.kind, filter.run, filter.ids].some((part) => part !== undefined)
}

/** `Retried 3 jobs`; `Retried 3 of 5 jobs, the others were left as they are`. */
export function told(action: BulkAction, { matched, changed }: Changed, noun = 'job', verb?: string): string {
  const done = verb ? `${verb}ed` : WORDS[action].done
  if (matched === 0) return `Nothing to ${(verb ?? action).toLowerCase()}: no ${noun} matched`
  if (matched === changed) return `${done} ${plural(changed, noun)}`
  const rest = matched - changed
  const left = rest === 1 ? 'one was left as it is' : `${rest} were left as they are`
  return `${done} ${changed} of ${plural(matched, noun)}; ${left}`
}

/** The filter in words: `dead, in the queue mail, of the kind fail`. */
export function described(filter: BulkFilter): string {
  const parts = [
    filter.state && labelOf(filter.state).toLowerCase(),
    filter.queue && `in the queue ${filter.queue}`,
    filter.kind && `of the kind ${filter.kind}`,
    filter.run && `of the run ${shortId(filter.run)}`,
  ]
  return parts.filter(Boolean).join(', ')
}
