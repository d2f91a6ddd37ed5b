/**
 * Where the keyboard stands in a list, and what is chosen. Pure: the ids of the list as it is now are given to each step.
 *
 * A list that lives loses rows: what is chosen counts only while it is listed, and the place moves to the nearest row
 * when its own is gone. `all` means everything that the filter finds, listed or not.
 */
export interface Selection {
  /** The row that the keyboard stands on. */
  active: string | null
  /** Where a range begins. */
  anchor: string | null
  chosen: ReadonlySet<string>
  all: boolean
  /** The place of `active` when it was last seen. */
  index: number
}

export type Step =
  | { type: 'move'; by: number; extend: boolean }
  | { type: 'focus'; id: string }
  | { type: 'toggle'; id: string; range: boolean }
  | { type: 'toggle-listed' }
  | { type: 'everything' }
  | { type: 'clear' }

export const NOTHING: Selection = { active: null, anchor: null, chosen: new Set(), all: false, index: 0 }

export function step(selection: Selection, ids: readonly string[], action: Step): Selection {
  switch (action.type) {
    case 'move':
      return moved(selection, ids, action.by, action.extend)
    case 'focus':
      return stand(selection, ids, action.id)
    case 'toggle':
      return toggled(selection, ids, action.id, action.range)
    case 'toggle-listed':
      return { ...selection, all: false, chosen: isWhole(selection, ids) ? new Set() : new Set(ids) }
    case 'everything':
      return { ...selection, all: true, chosen: new Set(ids) }
    case 'clear':
      return { ...selection, all: false, chosen: new Set(), anchor: null }
  }
}

/** What is chosen and listed, in the list's order. */
export function chosenOf(selection: Selection, ids: readonly string[]): string[] {
  return ids.filter((id) => selection.chosen.has(id))
}

export function isWhole(selection: Selection, ids: readonly string[]): boolean {
  return ids.length > 0 && ids.every((id) => selection.chosen.has(id))
}

/** The row that takes part in the order of Tab: the one that the keyboard stood on, or what took its place. */
export function placeOf(selection: Selection, ids: readonly string[]): string | null {
  if (selection.active !== null && ids.includes(selection.active)) return selection.active
  return ids[Math.min(selection.index, ids.length - 1)] ?? null
}

function moved(selection: Selection, ids: readonly string[], by: number, extend: boolean): Selection {
  const place = placeOf(selection, ids)
  if (place === null) return selection
  // The first step of a list on which nobody stood goes to its place itself.
  const from = ids.indexOf(place)
  const to = selection.active === null ? from : Math.min(Math.max(from + by, 0), ids.length - 1)
  const id = ids[to] ?? place
  if (!extend) return { ...selection, active: id, index: to, anchor: null }
  const anchor = selection.anchor ?? place
  return { ...withRange(selection, ids, anchor, id), active: id, index: to, anchor }
}

function stand(selection: Selection, ids: readonly string[], id: string): Selection {
  if (selection.active === id) return selection
  return { ...selection, active: id, index: Math.max(0, ids.indexOf(id)) }
}

function toggled(selection: Selection, ids: readonly string[], id: string, range: boolean): Selection {
  const index = Math.max(0, ids.indexOf(id))
  const base = { ...selection, all: false, active: id, index }
  if (range && selection.active !== null && selection.active !== id) {
    return { ...withRange(base, ids, selection.anchor ?? selection.active, id), anchor: selection.anchor }
  }
  const chosen = new Set(selection.chosen)
  if (!chosen.delete(id)) chosen.add(id)
  return { ...base, chosen, anchor: id }
}

function withRange(selection: Selection, ids: readonly string[], from: string, to: string): Selection {
  const [start, end] = [ids.indexOf(from), ids.indexOf(to)].sort((a, b) => a - b)
  const range = ids.slice(Math.max(0, start ?? 0), (end ?? 0) + 1)
  return { ...selection, all: false, chosen: new Set([...selection.chosen, ...range]) }
}
