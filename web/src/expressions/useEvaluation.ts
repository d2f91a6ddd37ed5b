/** The value of an expression, asked for when typing pauses; the last one stays until the next is there. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'

import { evaluationQuery, type Evaluated, type Trial } from '../api/expressions'
import { trialFor } from './trying'
import type { Extra } from './scope'
import { useDebounced } from './useDebounced'

const PAUSE = 300
const NO_TRIAL: Trial = {}

export interface Evaluation {
  /** Null: it wasn't tried. */
  result: Evaluated | null
  /** The text that the result is of. */
  source: string
}

export function useEvaluation(
  source: string,
  as: 'expression' | 'template',
  trial: Trial | null,
  extra: Extra,
): Evaluation {
  const settled = useDebounced(source, PAUSE)
  const wanted = trialFor(settled, trial, extra)
  const query = useQuery({
    ...evaluationQuery(settled, as, wanted ?? NO_TRIAL),
    enabled: wanted !== null,
    placeholderData: keepPreviousData,
  })
  return { result: wanted === null ? null : (query.data ?? null), source: settled }
}
