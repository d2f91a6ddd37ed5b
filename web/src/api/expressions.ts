/** The words of the expression language, and the value of an expression against a run or given data. */
import { queryOptions } from '@tanstack/react-query'

import { call } from './http'
import type { Json } from './types'

export interface CelFunction {
  name: string
  signature: string
  description: string
  method: boolean
}

/** The data of a run, what overrides it, or both. */
export interface Trial {
  workflow?: string
  run?: string
  node?: string
  scope?: { [name: string]: Json }
}

export interface Position {
  /** In characters, from 0. */
  offset: number
  end: number
  line: number
  column: number
}

export type Evaluated =
  | { ok: true; value: Json; type: string }
  | { ok: false; message: string; hint: string | null; position: Position | null }

const API = '/api/v1/expressions'

export const vocabularyQuery = () =>
  queryOptions({
    queryKey: ['vocabulary'],
    staleTime: Infinity,
    queryFn: ({ signal }) => call<{ functions: CelFunction[] }>(`${API}/vocabulary`, { signal }),
  })

export const evaluationQuery = (source: string, as: 'expression' | 'template', trial: Trial) => {
  const body = { source, as, ...trial }
  return queryOptions({
    queryKey: ['evaluation', body],
    staleTime: 60_000,
    gcTime: 60_000,
    retry: false,
    queryFn: ({ signal }) => call<Evaluated>(`${API}/evaluate`, { method: 'POST', body, signal }),
  })
}
