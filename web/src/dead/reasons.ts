/** What dead letters died of, the most frequent first: kind and type of error. Pure. */
import type { JobRecord } from '../api/jobs'

export interface DeathReason {
  kind: string
  error: string
  count: number
}

export function reasonsOf(jobs: readonly JobRecord[]): DeathReason[] {
  const found = new Map<string, DeathReason>()
  for (const { kind, error } of jobs) {
    const type = error?.type ?? 'without an error'
    const key = JSON.stringify([kind, type])
    const reason = found.get(key)
    if (reason) reason.count += 1
    else found.set(key, { kind, error: type, count: 1 })
  }
  return [...found.values()].sort((a, b) => b.count - a.count || a.kind.localeCompare(b.kind))
}
