/** The newest run of a workflow, with its nodes; null when it never ran. */
import { queryOptions } from '@tanstack/react-query'

import { call } from './http'
import { fetchRuns } from './queries'
import type { Run } from './types'

export const lastRunQuery = (workflow: string) =>
  queryOptions({
    queryKey: ['runs', 'last', workflow],
    staleTime: 30_000,
    queryFn: async ({ signal }) => {
      const [newest] = (await fetchRuns({ workflow }, 1, signal)).items
      return newest ? call<Run>(`/api/v1/runs/${encodeURIComponent(newest.id)}`, { signal }) : null
    },
  })
