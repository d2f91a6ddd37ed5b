/** Queues: what waits and runs in them, and their limits. Changing them is for admins of the instance. */
import { queryOptions } from '@tanstack/react-query'

import { call, query } from './http'
import type { components } from './schema'
import type { Page } from './types'

export type Queue = components['schemas']['QueueShape']

/** What to change; null lifts a limit, what is left out stays. */
export interface QueueChange {
  paused?: boolean
  concurrency?: number | null
  rate?: string | null
  priority?: number
  retention?: Record<string, string>
}

const QUEUES = '/api/v1/queues'
const MOST = 500

export const queuesQuery = () =>
  queryOptions({
    queryKey: ['queues'],
    queryFn: async ({ signal }) => {
      const all: Queue[] = []
      let cursor: string | null = null
      do {
        const page: Page<Queue> = await call(`${QUEUES}${query({ limit: MOST, cursor })}`, { signal })
        all.push(...page.items)
        cursor = page.next
      } while (cursor)
      return all
    },
  })

export function changeQueue(name: string, change: QueueChange): Promise<Queue> {
  return call(`${QUEUES}/${encodeURIComponent(name)}`, { method: 'PATCH', body: change })
}
