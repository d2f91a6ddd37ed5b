/**
 * How well a text answers what was typed. Pure.
 *
 * Each typed word must be found: at the text's beginning (best), at a word's beginning, inside a word, or as the first
 * letters of its words (`dl` for dead letters). Letters anywhere would find almost anything.
 */
const FIRST = 4
const START = 3
const INSIDE = 2
const INITIALS = 1

/** Null when it doesn't match; the greater the better. Nothing typed matches everything alike. */
export function score(typed: string, text: string, least = INITIALS): number | null {
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const whole = text.toLowerCase()
  let sum = 0
  for (const word of words) {
    const points = pointsOf(word, whole)
    if (points < least) return null
    sum += points
  }
  // Of two that match alike the shorter is meant rather.
  return words.length === 0 ? 0 : sum / words.length - Math.min(whole.length, 200) / 1_000
}

function pointsOf(word: string, text: string): number {
  if (text.startsWith(word)) return FIRST
  const words = text.split(/[^\p{L}\p{N}]+/u).filter(Boolean)
  if (words.some((each) => each.startsWith(word))) return START
  if (text.includes(word)) return INSIDE
  return words
    .map((each) => each.charAt(0))
    .join('')
    .startsWith(word)
    ? INITIALS
    : 0
}

export interface Named {
  title: string
  /** Other words that lead to it, met only from their beginning. */
  words?: string
}

/** Those that match, best first; of equals the order given. */
export function matching<Item extends Named>(typed: string, items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, points: best(typed, item) }))
    .filter((found): found is { item: Item; points: number } => found.points !== null)
    .sort((a, b) => b.points - a.points)
    .map(({ item }) => item)
}

export function best(typed: string, { title, words }: Named): number | null {
  const own = score(typed, title)
  if (own !== null || words === undefined) return own
  const wide = score(typed, `${title} ${words}`, START)
  return wide === null ? null : wide - 2
}
