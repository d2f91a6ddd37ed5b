/**
 * The time, ticking once every `every` ms while a component shows something that ages.
 *
 * One clock per pace for all readers, however many they are: a page of five hundred running nodes has one timer.
 */
import { useCallback, useSyncExternalStore } from 'react'

interface Clock {
  readers: Set<() => void>
  timer: ReturnType<typeof setInterval>
}

const clocks = new Map<number, Clock>()

function startClock(every: number): Clock {
  const readers = new Set<() => void>()
  const timer = setInterval(() => readers.forEach((tick) => tick()), every)
  const clock = { readers, timer }
  clocks.set(every, clock)
  return clock
}

function read(every: number, tick: () => void): () => void {
  const clock = clocks.get(every) ?? startClock(every)
  clock.readers.add(tick)
  return () => {
    clock.readers.delete(tick)
    if (clock.readers.size > 0) return
    clearInterval(clock.timer)
    clocks.delete(every)
  }
}

export function useNow(every: number): number {
  const subscribe = useCallback((tick: () => void) => read(every, tick), [every])
  // Rounded down, so that all readers within one tick see the same value and the snapshot is stable.
  const snapshot = useCallback(() => Math.floor(Date.now() / every) * every, [every])
  return useSyncExternalStore(subscribe, snapshot)
}
