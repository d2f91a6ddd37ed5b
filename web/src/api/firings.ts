/** What became of each time, event and delivery; and a kept delivery that is started again. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { call, query } from './http'
import type { Shape } from './shapes'
import type { Page } from './types'

export type Firing = Shape<'FiringShape'>

export const VERDICTS = ['started', 'not_met', 'skipped', 'rejected', 'failed'] as const

/** `workflow` and `rule` exclude each other. */
export interface FiringFilter {
  workflow?: string | undefined
  rule?: string | undefined
  trigger?: string | undefined
  verdict?: string | undefined
  backfill?: string | undefined
}

const API = '/api/v1/firings'
const first = null as string | null

export const firingsQuery = (filter: FiringFilter) =>
  infiniteQueryOptions({
    queryKey: ['firings', filter],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<Firing>>(`${API}${query({ ...filter, limit: 50, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

export const firingQuery = (id: string) =>
  queryOptions({
    queryKey: ['firing', id],
    queryFn: ({ signal }) => call<Firing>(`${API}/${encodeURIComponent(id)}`, { signal }),
  })

/** A repeat with the same key is the same replay. */
export function replayFiring(id: string, idempotencyKey: string): Promise<Firing> {
  return call(`${API}/${encodeURIComponent(id)}/replay`, { method: 'POST', idempotencyKey })
}
