/** The audit log: who did what, newest first, and whether its chain holds. */
import { infiniteQueryOptions } from '@tanstack/react-query'

import { call, query } from './http'
import type { Json, Page } from './types'

export type AuditOutcome = 'done' | 'denied' | 'refused' | 'failed'

export interface AuditEntry {
  seq: number
  at: string
  actor: { kind: string; id: string; name: string }
  action: string
  target: string
  outcome: AuditOutcome
  address: string
  correlation_id: string
  detail: { [name: string]: Json }
  hash: string
}

export interface AuditFilter {
  actor?: string | undefined
  action?: string | undefined
  target?: string | undefined
  outcome?: string | undefined
  since?: string | undefined
  before?: string | undefined
  /** Another tenant's, or `""` for the instance's: for its admins. */
  tenant?: string | undefined
}

export interface AuditCheck {
  intact: boolean
  broken_at: number | null
  entries: number
  head: string
}

const AUDIT = '/api/v1/audit'
const first = null as string | null

/** `tenant` may be empty and still mean something. */
function parameters(
  { tenant, ...filter }: AuditFilter,
  more: { limit?: number; cursor?: string | null } = {},
): string {
  const rest = query({ ...filter, ...more })
  if (tenant === undefined) return rest
  return `${rest || '?'}${rest ? '&' : ''}tenant=${encodeURIComponent(tenant)}`
}

export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<AuditEntry>>(`${AUDIT}${parameters(filter, { limit: 50, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

/** The address of the whole log under this filter, a line of JSON for each entry. */
export const exportAddress = (filter: AuditFilter) => `${AUDIT}/export${parameters(filter)}`

export const checkChain = (tenant: string | undefined) =>
  call<AuditCheck>(`${AUDIT}/check${parameters({ tenant })}`)
