/** How many jobs are in each live state, from what the queues tell. Pure. */
import type { Queue } from '../api/queues'

export type Counts = Partial<Record<string, number>>

/** Over all queues, or in one. Nothing is known of what has ended: queues count what is alive. */
export function liveCounts(queues: readonly Queue[], queue?: string): Counts {
  const counts = { PENDING: 0, SCHEDULED: 0, RUNNING: 0, WAITING: 0 }
  for (const each of queues) {
    if (queue !== undefined && each.name !== queue) continue
    counts.PENDING += each.pending
    counts.SCHEDULED += each.scheduled
    counts.RUNNING += each.running
    counts.WAITING += each.waiting
  }
  return counts
}

/** `1.2k`: counts in tight places. */
export function compact(count: number): string {
  if (count < 1_000) return String(count)
  if (count < 999_500) return `${trimmed(count / 1_000)}k`
  return `${trimmed(count / 1_000_000)}M`
}

function trimmed(value: number): string {
  return value < 100 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0)
}
