/**
 * Which sitting of the editor an address belongs to.
 *
 * A save that names or renames the workflow says so (`moved`) before it changes the address: the sitting goes on there.
 * Every other change of the address begins another sitting, also one back to an address that was left.
 */
import { useState } from 'react'

interface Place {
  place: string
  /** Where the next change of the address may lead without a new sitting. */
  next: string | null
  sitting: number
}

/** `sitting` is a key for React. */
export function useSitting(place: string): { sitting: number; moved: (to: string) => void } {
  const [now, set] = useState<Place>({ place, next: null, sitting: 0 })
  const held = arrived(now, place)
  // Told while rendering, so that nothing of the last sitting is ever drawn at another address.
  if (held !== now) set(held)
  return { sitting: held.sitting, moved: (to) => set((known) => ({ ...known, next: to })) }
}

function arrived(now: Place, place: string): Place {
  if (place === now.place) return now
  return { place, next: null, sitting: place === now.next ? now.sitting : now.sitting + 1 }
}
