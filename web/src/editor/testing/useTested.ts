/** The test run that was started last, live: events of the stream make it be read again until it ends. */
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'

import { runQuery } from '../../api/queries'
import { JOB_EVENTS, RUN_EVENTS } from '../../api/stream'
import type { Run } from '../../api/types'
import { BACKSTOP, useLive } from '../../api/useLive'
import { isEnd } from '../../graph/states'

const EVENTS = [...RUN_EVENTS, ...JOB_EVENTS] as const
/** Children of a map write their events under their own runs. */
const CHILDREN = 1_000

export function useTested(): [Run | null, (run: Run | null) => void] {
  const [started, follow] = useState<Run | null>(null)
  const id = started?.id ?? ''
  const query = useQuery({
    ...runQuery(id),
    enabled: started !== null,
    refetchInterval: ({ state }) => pollOf(state.data),
  })
  const run = started && (query.data ?? started)
  const keys = useMemo(() => [['run', id]], [id])
  useLive({ run: id, types: EVENTS, keys, wait: 200, enabled: run !== null && !isEnd(run.state) })
  return [run, follow]
}

function pollOf(run: Run | undefined): number | false {
  if (!run) return BACKSTOP
  if (isEnd(run.state)) return false
  return Object.values(run.nodes ?? {}).some((node) => node.items && !isEnd(node.state)) ? CHILDREN : BACKSTOP
}
