/** The object with one key called otherwise, in the same place of its order. */
export function renamed<T>(pairs: { [key: string]: T }, from: string, to: string): { [key: string]: T } {
  return Object.fromEntries(Object.entries(pairs).map(([key, value]) => [key === from ? to : key, value]))
}

/** The object with its keys in another order. */
export function reordered<T>(pairs: { [key: string]: T }, from: number, to: number): { [key: string]: T } {
  const entries = Object.entries(pairs)
  const [entry] = entries.splice(from, 1)
  if (entry) entries.splice(to, 0, entry)
  return Object.fromEntries(entries)
}
