/** A definition to begin another workflow with: the same, under a name that none of `taken` has. */
import type { Definition } from '../api/types'

const LONGEST = 100

export function duplicateOf(definition: Definition, taken: Iterable<string>): Definition {
  const names = new Set(taken)
  const copy = { ...definition, name: freeName(definition.name, names) }
  return definition.title ? { ...copy, title: `${definition.title} (copy)` } : copy
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  const stem = name.replace(/-copy(-\d+)?$/, '')
  for (let number = 1; ; number += 1) {
    const end = number === 1 ? '-copy' : `-copy-${number}`
    const free = stem.slice(0, LONGEST - end.length) + end
    if (!taken.has(free)) return free
  }
}
