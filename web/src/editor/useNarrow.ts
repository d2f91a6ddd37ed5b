/** Whether the screen is too narrow for panels beside the canvas. */
import { useSyncExternalStore } from 'react'

const NARROW = '(max-width: 767px)'

function subscribe(changed: () => void): () => void {
  const query = window.matchMedia(NARROW)
  query.addEventListener('change', changed)
  return () => query.removeEventListener('change', changed)
}

export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => window.matchMedia(NARROW).matches)
}
