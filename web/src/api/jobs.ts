/**
 * Jobs: their list, one with its history, its logs, and what can be done to one or to all that a filter finds.
 *
 * The list's key is `['jobs', filter]`; one job's is `['job', id]`, shared with every page that shows the job.
 */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { call, newKey, query } from './http'
import type { components } from './schema'
import type { HoldfastError, Json, Page, Run } from './types'

type Shape = components['schemas']['JobShape']
type OfUsers = 'payload' | 'result' | 'error' | 'progress'

/** A job as the API gives it; what has a history is there when it was asked for alone. */
export type JobRecord = Omit<Shape, OfUsers> & {
  payload: Json
  result: Json
  error: HoldfastError | null
  progress: Json
}
export type JobAttempt = components['schemas']['AttemptShape']
export type JobTransition = components['schemas']['TransitionShape']
export type Changed = components['schemas']['BulkShape']
export type BulkAction = components['schemas']['BulkIn']['action']

/** Which jobs: what the list's address says, or ids. */
export interface JobFilter {
  state?: string | undefined
  queue?: string | undefined
  kind?: string | undefined
  run?: string | undefined
}

export interface LogLine {
  at: string
  attempt: number
  level: string
  message: string
  fields: { [name: string]: Json }
}

const JOBS = '/api/v1/jobs'
const PAGE = 50
const first = null as string | null
const at = (id: string) => `${JOBS}/${encodeURIComponent(id)}`

export const jobsQuery = (filter: JobFilter) =>
  infiniteQueryOptions({
    queryKey: ['jobs', filter],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<JobRecord>>(`${JOBS}${query({ ...filter, limit: PAGE, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

/** How many ended jobs of a state there are, up to `MOST_COUNTED`: the API doesn't count what has ended. */
export const MOST_COUNTED = 100

export const countQuery = (filter: JobFilter) =>
  queryOptions({
    queryKey: ['job-count', filter],
    staleTime: 10_000,
    queryFn: async ({ signal }) => {
      const path = `${JOBS}${query({ ...filter, limit: MOST_COUNTED })}`
      const page = await call<Page<JobRecord>>(path, { signal })
      return { count: page.items.length, more: page.next !== null }
    },
  })

export const jobRecordQuery = (id: string) =>
  queryOptions({
    queryKey: ['job', id],
    queryFn: ({ signal }) => call<JobRecord>(at(id), { signal }),
  })

export const jobLogsQuery = (id: string, attempt?: number) =>
  infiniteQueryOptions({
    queryKey: ['job-logs', id, attempt ?? null],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<LogLine>>(`${at(id)}/logs${query({ attempt, limit: 200, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

/** The kinds that this server knows, as suggestions: a job may be of any other that a worker knows. */
export const kindNamesQuery = () =>
  queryOptions({
    queryKey: ['kind-names'],
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      const kinds = await call<Page<{ type: string }>>('/api/v1/node-kinds', { signal })
      return kinds.items.map((kind) => kind.type).sort()
    },
  })

/** A lone job comes back as itself; a run's job as the run that goes on from it. */
export function retryJob(id: string): Promise<JobRecord | Run> {
  return call(`${at(id)}/retry`, { method: 'POST', idempotencyKey: newKey() })
}

export function isRun(answer: JobRecord | Run): answer is Run {
  return 'workflow' in answer
}

export function cancelJob(id: string): Promise<JobRecord> {
  return call(`${at(id)}/cancel`, { method: 'POST' })
}

export function discardJob(id: string, reason: string): Promise<JobRecord> {
  return call(`${at(id)}/discard`, { method: 'POST', body: withReason({}, reason) })
}

export type BulkFilter = JobFilter & { ids?: string[] | undefined }

export interface BulkChange {
  action: BulkAction
  filter: BulkFilter
  reason?: string
  /** Only counts. */
  dryRun?: boolean
}

export function changeJobs({ action, filter, reason = '', dryRun = false }: BulkChange): Promise<Changed> {
  const body = { action, filter: given(filter), ...(dryRun && { dry_run: true }) }
  return call(`${JOBS}/bulk`, { method: 'POST', body: withReason(body, reason) })
}

function withReason(body: object, reason: string): object {
  return reason.trim() ? { ...body, reason: reason.trim() } : body
}

/** Without what isn't said: the API takes no `undefined`, and refuses an empty text. */
export function given<T extends object>(filter: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(filter).filter(([, value]) => value !== undefined && value !== ''),
  ) as Partial<T>
}
