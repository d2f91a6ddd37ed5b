/**
 * What a key is narrowed to, as a choice for each area: nothing, reading, or reading and writing. Pure.
 *
 * Writing without reading is of no use to a person who picks, but a key may have it: it is told as it is.
 */
export type Extent = 'none' | 'read' | 'write'
export type Extents = { [area: string]: Extent }

export interface AreaOffer {
  area: string
  /** `none`, and what there is of reading and writing. */
  extents: readonly Extent[]
}

/** What there is to choose, of the scopes that the server knows. */
export function offersOf(scopes: readonly string[]): AreaOffer[] {
  const areas = [...new Set(scopes.map(areaOf))].toSorted()
  return areas.map((area) => ({
    area,
    extents: [
      'none' as const,
      ...(['read', 'write'] as const).filter((way) => scopes.includes(`${area}:${way}`)),
    ],
  }))
}

/** The scopes that were chosen, of those that there are. */
export function scopesOf(extents: Extents, scopes: readonly string[]): string[] {
  const wanted = Object.entries(extents).flatMap(([area, extent]) => {
    if (extent === 'none') return []
    return extent === 'read' ? [`${area}:read`] : [`${area}:read`, `${area}:write`]
  })
  return wanted.filter((scope) => scopes.includes(scope))
}

function areaOf(scope: string): string {
  return scope.slice(0, scope.lastIndexOf(':'))
}

/** `runs: read`, `jobs: read and write`; null: not narrowed. */
export function scopeWords(scopes: readonly string[] | null): string[] | null {
  if (scopes === null) return null
  const areas = [...new Set(scopes.map(areaOf))].toSorted()
  return areas.map((area) => {
    const ways = ['read', 'write'].filter((way) => scopes.includes(`${area}:${way}`))
    return `${area}: ${ways.join(' and ')}`
  })
}
