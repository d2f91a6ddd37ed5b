/** What an expression field completes: the names of its place and the functions of the language. */
import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'

import { vocabularyQuery } from '../api/expressions'
import { useSurroundings } from '../forms/surroundings'
import type { Complete } from '../ui/code/types'
import { completeExpression, completeTemplate } from './completions'
import type { Extra } from './scope'

export function useCompletion(template: boolean, extra: Extra): Complete {
  const { names } = useSurroundings()
  const functions = useQuery(vocabularyQuery()).data?.functions
  return useCallback(
    (text, at, asked) => {
      const words = { names: names(extra), functions: functions ?? [] }
      return (template ? completeTemplate : completeExpression)(text, at, asked, words)
    },
    [names, extra, functions, template],
  )
}
