/** The node kinds that the server knows, by category then title. They change only with the server itself. */
import { queryOptions } from '@tanstack/react-query'

import type { Kind } from '../editor/contract'
import { call } from './http'
import type { Page } from './types'

export const kindsQuery = () =>
  queryOptions({
    queryKey: ['kinds'],
    staleTime: 5 * 60_000,
    queryFn: async ({ signal }) => (await call<Page<Kind>>('/api/v1/node-kinds', { signal })).items,
  })
