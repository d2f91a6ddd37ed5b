/** Worker processes, alive and gone. For admins of the instance. */
import { queryOptions } from '@tanstack/react-query'

import { call, query } from './http'
import type { components } from './schema'
import type { Page } from './types'

export type Worker = components['schemas']['WorkerShape']

const MOST = 500

export const workersQuery = () =>
  queryOptions({
    queryKey: ['workers'],
    queryFn: async ({ signal }) => {
      const all: Worker[] = []
      let cursor: string | null = null
      do {
        const page: Page<Worker> = await call(`/api/v1/workers${query({ limit: MOST, cursor })}`, { signal })
        all.push(...page.items)
        cursor = page.next
      } while (cursor)
      return all
    },
  })
