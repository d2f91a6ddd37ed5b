/** The packaged sample workflows: each can be saved as it is. */
import { queryOptions } from '@tanstack/react-query'

import { shared } from './exactJson'
import { call } from './http'
import type { Definition, Page } from './types'

export interface Sample {
  name: string
  title: string
  description: string
  tags: string[]
  definition: Definition
}

export const samplesQuery = () =>
  queryOptions({
    queryKey: ['samples'],
    staleTime: Infinity,
    structuralSharing: shared,
    queryFn: ({ signal }) => call<Page<Sample>>('/api/v1/samples', { signal, exact: true }),
  })
