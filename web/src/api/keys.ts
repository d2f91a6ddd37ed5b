/** API keys and the service accounts that hold them. A key's secret comes once, with the answer that makes it. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { call, query } from './http'
import type { RoleName } from './session'
import type { Page } from './types'

export interface ApiKey {
  id: string
  name: string
  tenant: string
  role: RoleName
  scopes: string[] | null
  instance_admin: boolean
  service_account: string | null
  created_by: string
  created_at: string
  expires_at: string | null
  revoked_at: string | null
  used_at: string | null
  used_from: string | null
}

export interface KeyDraft {
  name: string
  role: RoleName
  service_account?: string
  scopes?: string[]
  instance_admin?: boolean
  /** Such as `90d`; left out: it doesn't expire. */
  expires_in?: string
}

export interface NewKey {
  id: string
  key: string
  name: string
}

export interface ServiceAccount {
  id: string
  name: string
  role: RoleName
  created_at: string
}

const KEYS = '/api/v1/keys'
const ACCOUNTS = '/api/v1/service-accounts'
const first = null as string | null

export const keysQuery = () =>
  infiniteQueryOptions({
    queryKey: ['keys'],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<ApiKey>>(`${KEYS}${query({ limit: 100, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

export const serviceAccountsQuery = () =>
  infiniteQueryOptions({
    queryKey: ['service-accounts'],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<ServiceAccount>>(`${ACCOUNTS}${query({ limit: 100, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

/** What keys can be narrowed to. They change only with the server itself. */
export const scopesQuery = () =>
  queryOptions({
    queryKey: ['scopes'],
    staleTime: 5 * 60_000,
    queryFn: async ({ signal }) => (await call<{ items: string[] }>(`${KEYS}/scopes`, { signal })).items,
  })

export const makeKey = (draft: KeyDraft) => call<NewKey>(KEYS, { method: 'POST', body: draft })
export const revokeKey = (id: string) =>
  call<undefined>(`${KEYS}/${encodeURIComponent(id)}`, { method: 'DELETE' })

export const makeServiceAccount = (given: { name: string; role: RoleName }) =>
  call<ServiceAccount>(ACCOUNTS, { method: 'POST', body: given })
export const deleteServiceAccount = (id: string) =>
  call<undefined>(`${ACCOUNTS}/${encodeURIComponent(id)}`, { method: 'DELETE' })
