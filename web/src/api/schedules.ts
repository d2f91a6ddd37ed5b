/** Clocks of workflows and rules: their coming times, pause, and backfills. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { call, newKey, query } from './http'
import type { Shape } from './shapes'
import type { Json, Page } from './types'

export type Clock = Shape<'TriggerShape'>
export type Backfill = Shape<'BackfillShape'>

const API = '/api/v1/schedules'
const first = null as string | null

export const schedulesQuery = () =>
  infiniteQueryOptions({
    queryKey: ['schedules'],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<Clock>>(`${API}${query({ limit: 100, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

/** The coming nominal times, also while it is paused. */
export const nextTimesQuery = (row: string, count: number) =>
  queryOptions({
    queryKey: ['schedules', row, 'next', count],
    queryFn: ({ signal }) => call<{ times: string[] }>(`${API}/${row}/next${query({ count })}`, { signal }),
  })

/** The coming times of a clock that isn't saved. */
export function previewTimes(
  clock: { [key: string]: Json },
  count: number,
  signal?: AbortSignal,
): Promise<{ times: string[] }> {
  return call(`${API}/preview${query({ count })}`, {
    method: 'POST',
    body: clock,
    ...(signal && { signal }),
  })
}

export const backfillsQuery = (row: string) =>
  infiniteQueryOptions({
    queryKey: ['schedules', row, 'backfills'],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<Backfill>>(`${API}/${row}/backfills${query({ limit: 20, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

export function switchClock(row: string, paused: boolean): Promise<Clock> {
  return call(`${API}/${row}/${paused ? 'pause' : 'resume'}`, { method: 'POST' })
}

export function startBackfill(
  row: string,
  range: { from: string; to: string; concurrency: number },
): Promise<Backfill> {
  return call(`${API}/${row}/backfills`, { method: 'POST', body: range, idempotencyKey: newKey() })
}

export function cancelBackfill(row: string, id: string): Promise<Backfill> {
  return call(`${API}/${row}/backfills/${id}/cancel`, { method: 'POST' })
}
