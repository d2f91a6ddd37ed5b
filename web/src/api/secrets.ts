/** Secrets by name: set and delete. No answer ever holds a value. */
import { infiniteQueryOptions } from '@tanstack/react-query'

import { call, query } from './http'
import type { Shape } from './shapes'
import type { Page } from './types'

export type Secret = Shape<'SecretShape'>

const API = '/api/v1/secrets'
const first = null as string | null

export const secretsQuery = () =>
  infiniteQueryOptions({
    queryKey: ['secrets'],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<Secret>>(`${API}${query({ limit: 100, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

/** Makes it, or replaces its value. */
export function putSecret(name: string, value: string): Promise<Secret> {
  return call(`${API}/${encodeURIComponent(name)}`, { method: 'PUT', body: { value } })
}

export function deleteSecret(name: string): Promise<void> {
  return call(`${API}/${encodeURIComponent(name)}`, { method: 'DELETE' })
}
