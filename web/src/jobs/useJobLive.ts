/** Reads a job again when the stream tells of it; other jobs' events, however many, cost nothing. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'

import { coalesce } from '../api/coalesce'
import { JOB_EVENTS } from '../api/stream'
import { useStream } from '../api/useStream'

export function useJobLive(id: string) {
  const client = useQueryClient()
  const refresh = useMemo(
    () =>
      coalesce(() => {
        void client.invalidateQueries({ queryKey: ['job', id] })
        void client.invalidateQueries({ queryKey: ['job-logs', id] })
      }, 500),
    [client, id],
  )
  useEffect(() => refresh.stop, [refresh])
  return useStream({
    types: JOB_EVENTS,
    onEvent: (event) => {
      if (event.job === id) refresh()
    },
    onOpen: refresh,
  })
}
