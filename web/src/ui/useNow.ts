/** The time, ticking once every `every` ms while a component shows something that ages; one clock for all of them. */
import { useCallback, useSyncExternalStore } from 'react'

export function useNow(every: number): number {
  const subscribe = useCallback(
    (tick: () => void) => {
      const timer = setInterval(tick, every)
      return () => clearInterval(timer)
    },
    [every],
  )
  // Rounded down, so that all readers within one tick see the same value and the snapshot is stable.
  const snapshot = useCallback(() => Math.floor(Date.now() / every) * every, [every])
  return useSyncExternalStore(subscribe, snapshot)
}
