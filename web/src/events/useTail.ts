/** The live tail of a filter: follows the stream, and lets the page be drawn again at most ten times a second. */
import { useEffect, useReducer, useState } from 'react'

import { followEvents, type TailFilter } from '../api/events'
import type { Problem } from '../api/http'
import type { StreamState } from '../api/stream'
import type { HoldfastEvent } from '../api/types'
import { changed, EMPTY, type Change, type Tail } from './tail'

const TOGETHER = 100

interface Following {
  tail: Tail
  change: (change: Change) => void
  state: StreamState
  refused: Problem | null
}

/** The history of one run or job is told from its beginning, everything else from now on. */
export function useTail({ type, run, job }: TailFilter): Following {
  const [tail, change] = useReducer(changed, EMPTY)
  const [state, setState] = useState<StreamState>('connecting')
  const [refused, refuse] = useState<Problem | null>(null)
  useEffect(() => {
    let gathered: HoldfastEvent[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const hand = () => {
      timer = undefined
      change({ does: 'came', events: gathered })
      gathered = []
    }
    const end = followEvents({
      filter: { type, run, job },
      after: run !== undefined || job !== undefined ? '0' : null,
      onEvents: (events) => {
        gathered.push(...events)
        timer ??= setTimeout(hand, TOGETHER)
      },
      onGap: () => change({ does: 'gap' }),
      onState: (next) => {
        setState(next)
        if (next === 'open') refuse(null)
      },
      onRefused: refuse,
    })
    return () => {
      end()
      clearTimeout(timer)
      change({ does: 'clear' })
    }
  }, [type, run, job])
  return { tail, change, state, refused }
}
