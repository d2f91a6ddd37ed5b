/**
 * The connection under way: where it comes from and why each node can't be its end. A small store of its own, so that
 * only the cards concerned are drawn again, twice: when it begins and when it ends.
 */
import { useSyncExternalStore } from 'react'

export interface Wiring {
  from: string
  port: string
  refused: ReadonlyMap<string, string>
}

let wiring: Wiring | null = null
const listeners = new Set<() => void>()

export function setWiring(next: Wiring | null): void {
  wiring = next
  for (const listener of listeners) listener()
}

export function currentWiring(): Wiring | null {
  return wiring
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** `can` and `cannot` while a connection is drawn; null otherwise, and at the node that it comes from. */
export function useReach(id: string): 'can' | 'cannot' | null {
  return useSyncExternalStore(subscribe, () => {
    if (!wiring || wiring.from === id) return null
    return wiring.refused.has(id) ? 'cannot' : 'can'
  })
}
