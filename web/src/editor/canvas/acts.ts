/** What a card can ask for. The same functions for as long as the canvas stands, so that no card is drawn for them. */
import { createContext, use } from 'react'

export interface CanvasActs {
  enter: (node: string) => void
  addAfter: (node: string, port: string) => void
  /** Puts a new node into an edge. */
  insert: (edge: string) => void
  removeEdge: (edge: string) => void
}

export const CanvasActsContext = createContext<CanvasActs | null>(null)

export function useCanvasActs(): CanvasActs {
  const acts = use(CanvasActsContext)
  if (!acts) throw new Error('A card stands on the canvas only')
  return acts
}
