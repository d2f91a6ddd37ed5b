/** Kinds by category, as one looks for them: by title, type, description and category. Best matches first. */
import type { Kind } from '../contract'

export interface Group {
  category: string
  kinds: Kind[]
}

/** Every kind in the server's order when nothing is searched. */
export function found(kinds: Iterable<Kind>, search: string): Group[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const rated = [...kinds].flatMap((kind) => {
    const rate = words.length === 0 ? 1 : rateOf(kind, words)
    return rate > 0 ? [{ kind, rate }] : []
  })
  rated.sort((a, b) => b.rate - a.rate)
  const groups = new Map<string, Kind[]>()
  for (const { kind } of rated) {
    const group = groups.get(kind.category)
    if (group) group.push(kind)
    else groups.set(kind.category, [kind])
  }
  return [...groups].map(([category, list]) => ({ category, kinds: list }))
}

/** Every word must be somewhere; 0 when one isn't. */
function rateOf(kind: Kind, words: readonly string[]): number {
  const title = kind.title.toLowerCase()
  const type = kind.type.toLowerCase()
  const rest = `${kind.description} ${kind.category}`.toLowerCase()
  const rates = words.map((word) => {
    if (title.startsWith(word) || type.startsWith(word)) return 4
    if (title.includes(` ${word}`) || type.includes(`.${word}`)) return 3
    if (title.includes(word) || type.includes(word)) return 2
    return rest.includes(word) ? 1 : 0
  })
  return rates.includes(0) ? 0 : rates.reduce<number>((sum, rate) => sum + rate, 0)
}
