/** Secrets by name: set, try, delete. No answer ever holds a value, nor the confidential fields of a connection. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { call, Problem, query } from './http'
import type { Json, Page } from './types'

export interface Secret {
  name: string
  /** `text`, or the type of a connection. */
  type: string
  description: string
  /** The only hosts that it goes to; null: wherever it is sent. */
  hosts: string[] | null
  /** The only kinds of nodes and jobs that it goes into; null: any that takes secrets. */
  kinds: string[] | null
  /** Of a connection: what isn't confidential. */
  fields: { [name: string]: Json }
  created_at: string
  updated_at: string
}

export type SecretContent = { value: string } | { connection: { [name: string]: Json } & { type: string } }

export type SecretDraft = SecretContent & {
  hosts: string[] | null
  kinds: string[] | null
  description: string
}

/** What a connection of a type takes, as a JSON Schema; confidential fields are `writeOnly`. */
export interface ConnectionType {
  id: string
  title: string
  description: string
  icon: string
  schema: { [key: string]: Json }
  example: { [key: string]: Json }
}

export interface Tried {
  ok: boolean
  detail: string
}

export const TEXT = 'text'

const API = '/api/v1/secrets'
const first = null as string | null
const at = (name: string) => `${API}/${encodeURIComponent(name)}`

export const secretsQuery = () =>
  infiniteQueryOptions({
    queryKey: ['secrets'],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<Secret>>(`${API}${query({ limit: 100, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

/** They change only with the server itself. */
export const connectionTypesQuery = () =>
  queryOptions({
    queryKey: ['connection-types'],
    staleTime: 5 * 60_000,
    queryFn: ({ signal }) =>
      call<Page<ConnectionType>>('/api/v1/connection-types', { signal }).then(({ items }) => items, none),
  })

/** A server without connections has texts alone. */
function none(error: unknown): ConnectionType[] {
  if (error instanceof Problem && error.status === 404) return []
  throw error
}

/** Makes it, or replaces it. */
export function putSecret(name: string, draft: SecretDraft): Promise<Secret> {
  return call(at(name), { method: 'PUT', body: draft })
}

export function trySecret(name: string): Promise<Tried> {
  return call(`${at(name)}/test`, { method: 'POST', body: {} })
}

export function deleteSecret(name: string): Promise<void> {
  return call(at(name), { method: 'DELETE' })
}
