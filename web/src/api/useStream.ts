/** The event stream for as long as a component is shown; the callbacks may change without reopening it. */
import { useEffect, useEffectEvent, useState } from 'react'

import { openStream, type StreamState } from './stream'
import type { HoldfastEvent } from './types'

interface UseStream {
  run?: string
  types: readonly string[]
  enabled?: boolean
  onEvent: (event: HoldfastEvent) => void
  onOpen: () => void
}

export function useStream({ run, types, enabled = true, onEvent, onOpen }: UseStream): StreamState {
  const [state, setState] = useState<StreamState>('connecting')
  const deliver = useEffectEvent(onEvent)
  const opened = useEffectEvent(onOpen)
  useEffect(() => {
    if (!enabled) return
    return openStream({
      run,
      types,
      onEvent: (event) => deliver(event),
      onOpen: () => opened(),
      onState: setState,
    })
  }, [run, types, enabled])
  return state
}
