/** How the editor looks at the moment, apart from the document: what is open, what is asked, where to look. */
import type { Spot } from './acts'

export type InspectorTab = 'node' | 'triggers' | 'settings'
export type DrawerTab = 'problems' | 'yaml' | 'test'

export type Asking =
  | { what: 'add'; spot: Spot }
  | { what: 'connect'; from: string }
  | { what: 'note'; node: string }
  | { what: 'keys' }

export interface Looks {
  tab: InspectorTab
  drawer: DrawerTab | null
  /** The drawer stands right of the canvas instead of below. */
  beside: boolean
  palette: boolean
  minimap: boolean
  /** On narrow screens the palette and the inspector lie over the canvas, one at a time. */
  sheet: 'palette' | 'inspector' | null
  asking: Asking | null
  /** The field of the form to focus. */
  focus: string | undefined
  /** The node to bring into sight, or the selected one; a new object each time. */
  centre: { id: string | null } | null
}

const PLACE = 'holdfast.editor'

interface Kept {
  palette: boolean
  minimap: boolean
  beside: boolean
}

/** What this browser keeps between visits; where storage is refused, the first looks again. */
export function firstLooks(width: number): Looks {
  const kept: Kept = { palette: width >= 1200, minimap: width >= 768, beside: false, ...stored() }
  const shut = { drawer: null, sheet: null, asking: null, focus: undefined, centre: null }
  return { ...shut, ...kept, tab: 'node', palette: kept.palette && width >= 900 }
}

function stored(): Partial<Kept> {
  try {
    const given: unknown = JSON.parse(localStorage.getItem(PLACE) ?? '{}')
    if (typeof given !== 'object' || given === null) return {}
    const known = Object.entries(given).filter(
      ([key, value]) => ['palette', 'minimap', 'beside'].includes(key) && typeof value === 'boolean',
    )
    return Object.fromEntries(known)
  } catch {
    return {}
  }
}

export function keepLooks({ palette, minimap, beside }: Kept): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify({ palette, minimap, beside }))
  } catch {
    // Refused storage: nothing to keep.
  }
}
