/** Dead letters: the jobs that used up their retry budget, lost too many workers or passed their deadline. */
import { infiniteQueryOptions } from '@tanstack/react-query'

import { call, newKey, query } from './http'
import { given, type Changed, type JobRecord } from './jobs'
import type { Page, Run } from './types'

export interface DeadFilter {
  queue?: string | undefined
  kind?: string | undefined
}

const DEAD = '/api/v1/dead-letters'
const PAGE = 50
const first = null as string | null

export const deadQuery = (filter: DeadFilter) =>
  infiniteQueryOptions({
    queryKey: ['dead', filter],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<JobRecord>>(`${DEAD}${query({ ...filter, limit: PAGE, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

/** As a retry: the job runs again, or its run goes on from it. */
export function replayDead(id: string): Promise<JobRecord | Run> {
  return call(`${DEAD}/${encodeURIComponent(id)}/replay`, { method: 'POST', idempotencyKey: newKey() })
}

/** Every dead letter that the filter finds; an empty one means all. Jobs of runs are counted, but left as they are. */
export function replayAll(filter: DeadFilter & { ids?: string[] | undefined }): Promise<Changed> {
  return call(`${DEAD}/replay`, { method: 'POST', body: { filter: { state: 'DEAD', ...given(filter) } } })
}
