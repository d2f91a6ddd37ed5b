/**
 * What is read of runs beside the run itself, and what can be done to one.
 *
 * Keys: `definition`, `timeline`, `waits`, `items` and `logs`, each followed by the run (or job) that it is of.
 */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { bodyIn } from '../graph/bodies'
import { call, Problem, query } from './http'
import { versionQuery } from './queries'
import type { Definition, Item, ItemState, Json, Page, Run, Segment, Wait } from './types'

const RUNS = '/api/v1/runs'
const segment = encodeURIComponent
const first = null as string | null

/** What a run executes: its version, a test's draft, or a body's own graph. Never changes. Null where it isn't kept. */
export const definitionQuery = (run: Run) =>
  queryOptions({
    queryKey: ['definition', run.id],
    staleTime: Infinity,
    queryFn: async ({ signal, client }): Promise<Definition | null> => {
      try {
        const path = `${RUNS}/${segment(run.id)}/definition`
        return (await call<{ definition: Definition }>(path, { signal })).definition
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 404) throw error
        const version = await client.query(versionQuery(run.workflow, run.version))
        if (!version || !run.body) return version?.definition ?? null
        return bodyIn(version.definition, run.body)
      }
    },
  })

export const timelineQuery = (run: string) =>
  queryOptions({
    queryKey: ['timeline', run],
    queryFn: async ({ signal }) =>
      (await call<{ items: Segment[] }>(`${RUNS}/${segment(run)}/timeline`, { signal })).items,
  })

/** What the run's parked nodes wait for, with the callbacks' addresses for those who may have them. */
export const waitsQuery = (run: string) =>
  queryOptions({
    queryKey: ['waits', run],
    queryFn: async ({ signal }) =>
      (await call<Page<Wait>>(`${RUNS}/${segment(run)}/waits${query({ limit: 500 })}`, { signal })).items,
  })

export const ITEMS_A_PAGE = 50

export const itemsQuery = (run: string, node: string, state: ItemState | undefined, cursor: string | null) =>
  queryOptions({
    queryKey: ['items', run, node, state ?? null, cursor],
    queryFn: ({ signal }) => {
      const search = query({ state, cursor, limit: ITEMS_A_PAGE })
      return call<Page<Item>>(`${RUNS}/${segment(run)}/nodes/${segment(node)}/items${search}`, { signal })
    },
  })

export interface LogLine {
  at: string
  attempt: number
  level: string
  message: string
  fields: { [key: string]: Json }
}

export const logsQuery = (job: string, attempt: number | undefined) =>
  infiniteQueryOptions({
    queryKey: ['logs', job, attempt ?? null],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) => {
      const search = query({ attempt, limit: 200, cursor: pageParam })
      return call<Page<LogLine>>(`/api/v1/jobs/${segment(job)}/logs${search}`, { signal })
    },
    getNextPageParam: (page) => page.next,
  })

function act(id: string, what: string, body?: unknown, idempotencyKey?: string): Promise<Run> {
  return call<Run>(`${RUNS}/${segment(id)}/${what}`, {
    method: 'POST',
    ...(body === undefined ? {} : { body }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  })
}

export const cancelRun = (id: string, compensate: boolean) => act(id, 'cancel', { compensate })
export const pauseRun = (id: string) => act(id, 'pause')
export const resumeRun = (id: string) => act(id, 'resume')

export interface Rerun {
  /** `start`, `failed`, or a node's id. */
  from: string
  version: 'same' | 'newest'
}

export const rerunRun = (id: string, rerun: Rerun, idempotencyKey: string) =>
  act(id, 'rerun', rerun, idempotencyKey)

export const signalRun = (id: string, name: string, payload: Json) =>
  act(id, `signals/${segment(name)}`, payload)
