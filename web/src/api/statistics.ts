/** What went on over a window of time: jobs, runs, how long they waited and took, and what stood in each queue. */
import { queryOptions } from '@tanstack/react-query'

import { call, query } from './http'

export const WINDOWS = ['1h', '6h', '24h', '7d'] as const
export type StatisticsWindow = (typeof WINDOWS)[number]

export interface Quantiles {
  p50: number
  p95: number
}

/** Of one step of time, or of the whole window. A quantile is null where nothing was measured. */
export interface Figures {
  started: number
  succeeded: number
  failed: number
  dead: number
  cancelled: number
  retried: number
  wait_ms: Quantiles | null
  run_ms: Quantiles | null
  runs: { started: number; succeeded: number; failed: number; cancelled: number }
}

export interface StatisticsPoint extends Figures {
  at: string
}

export interface QueuePoint {
  at: string
  pending: number
  running: number
  scheduled: number
  oldest_ms: number | null
}

export interface Statistics {
  from: string
  to: string
  step: string
  points: StatisticsPoint[]
  queues: { name: string; points: QueuePoint[] }[]
  totals: Figures
}

export const statisticsQuery = (window: StatisticsWindow, queue?: string) =>
  queryOptions({
    queryKey: ['statistics', window, queue ?? null],
    queryFn: ({ signal }) => call<Statistics>(`/api/v1/statistics${query({ window, queue })}`, { signal }),
  })
