/** The node that an arrow key leads to: the nearest one that lies more in that direction than aside of it. */
import type { Position } from '../../api/types'

export type Direction = 'left' | 'right' | 'up' | 'down'

interface Standing {
  id: string
  position: Position
}

const ASIDE = 2.5

export function neighbour(nodes: readonly Standing[], from: string, direction: Direction): string | null {
  const start = nodes.find((node) => node.id === from)
  if (!start) return null
  const sign = direction === 'left' || direction === 'up' ? -1 : 1
  const [along, across] =
    direction === 'left' || direction === 'right' ? (['x', 'y'] as const) : (['y', 'x'] as const)
  let best: { id: string; far: number } | null = null
  for (const { id, position } of nodes) {
    const ahead = (position[along] - start.position[along]) * sign
    const aside = Math.abs(position[across] - start.position[across])
    // A card is far wider than high, so that "more ahead than aside" is measured in cards.
    if (ahead <= 0 || aside > ahead * (along === 'x' ? 2 : 4)) continue
    const far = ahead + aside * ASIDE
    if (best === null || far < best.far) best = { id, far }
  }
  return best?.id ?? null
}
