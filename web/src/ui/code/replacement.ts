/** The one stretch of a text that must change to make it another: a cursor before or after it keeps its place. Pure. */
export interface Replacement {
  from: number
  to: number
  insert: string
}

export function replacement(before: string, after: string): Replacement {
  const shortest = Math.min(before.length, after.length)
  let from = 0
  while (from < shortest && before[from] === after[from]) from += 1
  let end = 0
  while (end < shortest - from && before.at(-1 - end) === after.at(-1 - end)) end += 1
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) }
}
