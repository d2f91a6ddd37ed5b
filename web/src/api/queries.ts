/**
 * Every read of the API as a query: its key, its call and how long it stays fresh.
 *
 * Keys start with the noun (`workflows`, `runs`, `run`, `job`, `events`, `mailbox`, `ready`), so that an event can
 * invalidate exactly what it changed.
 */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { shared } from './exactJson'
import { call, Problem, query } from './http'
import type { HoldfastEvent, Job, Mail, Page, Readiness, Run, Version, Workflow } from './types'

const API = '/api/v1'
const segment = encodeURIComponent
const first = null as string | null

export interface RunFilter {
  workflow?: string | undefined
  state?: string | undefined
  /** `false` leaves test runs out, `true` shows them alone. */
  test?: string | undefined
}

export const workflowsQuery = () =>
  infiniteQueryOptions({
    queryKey: ['workflows'],
    structuralSharing: shared,
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<Workflow>>(`${API}/workflows${query({ limit: 100, cursor: pageParam })}`, {
        signal,
        exact: true,
      }),
    getNextPageParam: (page) => page.next,
  })

export const workflowQuery = (name: string) =>
  queryOptions({
    queryKey: ['workflows', name],
    structuralSharing: shared,
    queryFn: ({ signal }) => call<Workflow>(`${API}/workflows/${segment(name)}`, { signal, exact: true }),
  })

/** The definition that a run started with; null when its workflow was deleted. A version never changes. */
export const versionQuery = (name: string, version: number) =>
  queryOptions({
    queryKey: ['version', name, version],
    staleTime: Infinity,
    queryFn: ({ signal }) => findVersion(name, version, signal),
  })

async function findVersion(name: string, version: number, signal: AbortSignal): Promise<Version | null> {
  let cursor: string | null = null
  do {
    const path: string = `${API}/workflows/${segment(name)}/versions${query({ limit: 100, cursor })}`
    const page: Page<Version> | null = await call<Page<Version>>(path, { signal }).catch(nullWhenGone)
    const found = page?.items.find((item) => item.version === version)
    if (found) return found
    cursor = page?.next ?? null
  } while (cursor)
  return null
}

function nullWhenGone(error: unknown): null {
  if (error instanceof Problem && error.status === 404) return null
  throw error
}

export const runsQuery = (filter: RunFilter) =>
  infiniteQueryOptions({
    queryKey: ['runs', filter],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<Run>>(`${API}/runs${query({ ...filter, limit: 50, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

export function fetchRuns(filter: RunFilter, limit: number, signal: AbortSignal): Promise<Page<Run>> {
  return call<Page<Run>>(`${API}/runs${query({ ...filter, limit })}`, { signal })
}

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ['run', id],
    queryFn: ({ signal }) => call<Run>(`${API}/runs/${segment(id)}`, { signal }),
  })

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ['job', id],
    queryFn: ({ signal }) => call<Job>(`${API}/jobs/${segment(id)}`, { signal }),
  })

export const eventsQuery = (run: string) =>
  infiniteQueryOptions({
    queryKey: ['events', run],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<HoldfastEvent>>(`${API}/events${query({ run, limit: 200, after: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

export const mailboxQuery = () =>
  infiniteQueryOptions({
    queryKey: ['mailbox'],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<Mail>>(`${API}/mailbox${query({ limit: 50, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

export const readyQuery = () =>
  queryOptions({
    queryKey: ['ready'],
    queryFn: ({ signal }) => call<Readiness>('/health/ready', { signal, accept: 503 }),
    // What isn't well is asked for more often: the word that it is well again shouldn't be late.
    refetchInterval: ({ state }) => (state.error || state.data?.status !== 'ok' ? 3_000 : 15_000),
    retry: false,
  })

export function startRun(workflow: string, input: unknown, idempotencyKey: string): Promise<Run> {
  return call<Run>(`${API}/workflows/${segment(workflow)}/runs`, {
    method: 'POST',
    body: { input },
    idempotencyKey,
  })
}
