/** Starts a test and hands its run on. What the server refuses stays as `error` until the next start. */
import { useMutation, useQueryClient } from '@tanstack/react-query'

import { newKey } from '../../api/http'
import { startTest, type TestRequest } from '../../api/tests'
import type { Run } from '../../api/types'

export function useTest(workflow: string | null, onRun: (run: Run) => void) {
  const client = useQueryClient()
  const start = useMutation({
    mutationFn: (request: TestRequest) => {
      if (workflow === null) throw new Error('A workflow must be saved before it can be tested.')
      return startTest(workflow, request, newKey())
    },
    onSuccess: (run) => {
      onRun(run)
      void client.invalidateQueries({ queryKey: ['runs'] })
    },
  })
  return { start: start.mutate, busy: start.isPending, error: start.error }
}
