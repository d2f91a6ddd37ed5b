/**
 * A run, live: while it goes on, events of the stream make it be read again, and what is shown of it with it.
 *
 * The run itself is read at most every 200 ms, its timeline (which the server folds from all events) at most once a
 * second, both less often when they take long. A slow poll stands behind. Children write their events under their own
 * runs, so a run with a node whose children go on is polled every second instead.
 */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'

import { paced } from '../api/paced'
import { runQuery } from '../api/queries'
import { definitionQuery } from '../api/runs'
import { JOB_EVENTS, RUN_EVENTS } from '../api/stream'
import type { Definition, Run } from '../api/types'
import { BACKSTOP } from '../api/useLive'
import { useStream } from '../api/useStream'
import { withGraph } from '../graph/bodies'
import { isEnd } from '../graph/states'
import { definitionOfRun, fitsRun } from '../graph/view'

const EVENTS = [...RUN_EVENTS, ...JOB_EVENTS] as const
const CHILDREN = 1_000

interface Read {
  run: Run | undefined
  error: Error | null
  retry: () => void
}

export function useRun(id: string): Read {
  const query = useQuery({
    ...runQuery(id),
    refetchInterval: ({ state }) => pollOf(state.data),
  })
  const going = query.data !== undefined && !isEnd(query.data.state)
  useNews(id, going)
  return { run: query.data, error: query.error, retry: () => void query.refetch() }
}

function pollOf(run: Run | undefined): number | false {
  if (!run) return BACKSTOP
  if (isEnd(run.state)) return false
  return Object.values(run.nodes ?? {}).some((node) => node.items && !isEnd(node.state)) ? CHILDREN : BACKSTOP
}

/** Reads again what is shown of a run; once more after its end, for what its end left. */
function useNews(id: string, going: boolean) {
  const client = useQueryClient()
  const [run, rest] = useMemo(() => {
    const again = (...names: string[]) =>
      Promise.all(names.map((name) => client.invalidateQueries({ queryKey: [name, id] })))
    return [
      paced(() => Promise.all([again('run', 'waits'), client.invalidateQueries({ queryKey: ['job'] })]), 200),
      paced(() => again('timeline', 'events', 'items'), 1_000),
    ]
  }, [client, id])
  useEffect(() => {
    if (!going) return
    return () => rest()
  }, [going, rest])
  useEffect(
    () => () => {
      run.stop()
      rest.stop()
    },
    [run, rest],
  )
  const news = () => {
    run()
    rest()
  }
  useStream({ run: id, types: EVENTS, enabled: going, onEvent: news, onOpen: news })
}

/**
 * What the run executes, undefined while it is awaited. Where it isn't kept (or its name now belongs to another
 * workflow) a graph is made of the run's nodes, anew only when their set changes.
 */
export function useRunDefinition(run: Run): Definition | undefined {
  const query = useQuery(definitionQuery(run))
  const names = Object.keys(run.nodes ?? {}).join(' ')
  // eslint-disable-next-line react-hooks/exhaustive-deps -- a status tick must not move the nodes
  const made = useMemo(() => definitionOfRun(run), [run.id, names])
  const read = useMemo(() => (query.data ? withGraph(query.data) : null), [query.data])
  if (query.isPending) return undefined
  return read && fitsRun(read, run) ? read : made
}
