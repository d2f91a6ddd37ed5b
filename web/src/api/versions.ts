/** The versions of a workflow: newest first; each immutable; an earlier one can come back as the newest. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { shared } from './exactJson'
import { call, query } from './http'
import type { components } from './schema'
import type { Definition, Json, Page, Workflow } from './types'

export type SavedVersion = Omit<components['schemas']['VersionShape'], 'definition'> & {
  definition: Definition
}

const segment = encodeURIComponent
const path = (name: string) => `/api/v1/workflows/${segment(name)}/versions`

export const versionsQuery = (name: string) =>
  infiniteQueryOptions({
    queryKey: ['workflows', name, 'versions'],
    structuralSharing: shared,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      call<Page<SavedVersion>>(`${path(name)}${query({ limit: 50, cursor: pageParam })}`, {
        signal,
        exact: true,
      }),
    getNextPageParam: (page) => page.next,
  })

/** One version, which never changes. Not under `workflows`: nothing makes it old. */
export const savedVersionQuery = (name: string, version: number) =>
  queryOptions({
    queryKey: ['saved-version', name, version],
    staleTime: Infinity,
    structuralSharing: shared,
    queryFn: ({ signal }) => call<SavedVersion>(`${path(name)}/${version}`, { signal, exact: true }),
  })

export interface VersionChange {
  path: string
  op: string
  before?: Json
  after?: Json
}

/** What leads from one version to another, place by place. */
export const versionsDiffQuery = (name: string, from: number, to: number) =>
  queryOptions({
    queryKey: ['saved-version', name, from, to],
    staleTime: Infinity,
    structuralSharing: shared,
    queryFn: ({ signal }) =>
      call<{ from: number; to: number; changes: VersionChange[] }>(`${path(name)}/${from}/diff/${to}`, {
        signal,
        exact: true,
      }),
  })

export function restoreVersion(name: string, version: number, message: string): Promise<Workflow> {
  return call<Workflow>(`${path(name)}/${version}/restore${query({ message })}`, { method: 'POST' })
}
