/**
 * How well a text answers what was typed, and what of it was met.
 *
 * Each typed word must be found: as a whole beginning of a word (best), inside a word, or as letters in order. Pure.
 */
const START = 3
const INSIDE = 2
const LETTERS = 1

/** Null when it doesn't match; the greater the better. Nothing typed matches everything alike. */
export function score(typed: string, text: string): number | null {
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const whole = text.toLowerCase()
  let sum = 0
  for (const word of words) {
    const points = pointsOf(word, whole)
    if (points === 0) return null
    sum += points
  }
  // Of two that match alike the shorter is meant rather.
  return words.length === 0 ? 0 : sum / words.length - Math.min(whole.length, 200) / 1_000
}

function pointsOf(word: string, text: string): number {
  const at = text.indexOf(word)
  if (at === 0) return START + 1
  if (at > 0) return startsWord(text, word) ? START : INSIDE
  return inOrder(word, text) ? LETTERS : 0
}

function startsWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (at === 0 || !/[a-z0-9]/.test(text.charAt(at - 1))) return true
  }
  return false
}

function inOrder(word: string, text: string): boolean {
  let at = 0
  for (const letter of word) {
    at = text.indexOf(letter, at) + 1
    if (at === 0) return false
  }
  // One or two letters in order are in almost anything.
  return word.length > 2
}

export interface Named {
  title: string
  /** Other words that lead to it. */
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

function best(typed: string, { title, words }: Named): number | null {
  const own = score(typed, title)
  const wide = words === undefined ? null : score(typed, `${title} ${words}`)
  return own ?? (wide === null ? null : wide - 1)
}
