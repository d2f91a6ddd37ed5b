/** The tenants of the instance, for its admins. */
import { infiniteQueryOptions } from '@tanstack/react-query'

import { call, query } from './http'
import type { Json, Page } from './types'

export interface Egress {
  also: string[]
  /** Null: any host that is open. */
  only: string[] | null
}

export interface Tenant {
  id: string
  name: string
  weight: number
  max_running: number | null
  running: number
  attributes: { [name: string]: Json }
  retention: { [state: string]: string }
  created_at: string
  suspended_at: string | null
  delete_at: string | null
  egress: Egress
}

export interface TenantDraft {
  name: string
  weight: number
  max_running: number | null
  attributes: { [name: string]: Json }
}

const TENANTS = '/api/v1/tenants'
const first = null as string | null
const at = (id: string) => `${TENANTS}/${encodeURIComponent(id)}`

export const tenantsQuery = () =>
  infiniteQueryOptions({
    queryKey: ['tenants'],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<Tenant>>(`${TENANTS}${query({ limit: 100, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

export const makeTenant = (draft: TenantDraft) => call<Tenant>(TENANTS, { method: 'POST', body: draft })
export const changeTenant = (id: string, change: Partial<TenantDraft> & { egress?: Egress }) =>
  call<Tenant>(at(id), { method: 'PATCH', body: change })
export const suspendTenant = (id: string) => call<Tenant>(`${at(id)}/suspend`, { method: 'POST', body: {} })
export const resumeTenant = (id: string) => call<Tenant>(`${at(id)}/resume`, { method: 'POST', body: {} })
export const deleteTenant = (id: string, grace: string) =>
  call<Tenant>(`${at(id)}${query({ grace })}`, { method: 'DELETE' })
