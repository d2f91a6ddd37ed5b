/** The first item of a list that a template gives with the data at hand, as an example of an item. */
import { useQuery } from '@tanstack/react-query'

import { evaluationQuery, type Trial } from '../api/expressions'
import type { Json } from '../api/types'
import { isTemplate } from '../expressions/template'
import { trialFor } from '../expressions/trying'
import { useSurroundings } from './surroundings'

export function useSample(items: Json | undefined): Json | undefined {
  return useSampleWith(items, useSurroundings().trial)
}

export function useSampleWith(items: Json | undefined, trial: Trial | null): Json | undefined {
  const template = isTemplate(items) ? items : ''
  const wanted = trialFor(template, trial, {})
  const { data } = useQuery({
    ...evaluationQuery(template, 'template', wanted ?? {}),
    enabled: wanted !== null,
  })
  const list = wanted !== null && data?.ok ? data.value : items
  return Array.isArray(list) ? list[0] : undefined
}
