/** Lists and objects with something changed in them. How their numbers are written (`exactJson`) goes with the values. */
import { put, writtenAs } from '../api/exactJson'
import type { Json } from '../api/types'

type Pairs = { [key: string]: Json }

/** The items at these places, in this order. */
export function rearranged(items: readonly Json[], places: readonly number[]): Json[] {
  const next: Json[] = []
  for (const [at, place] of places.entries()) {
    const item = items[place]
    if (item !== undefined) put(next, at, item, writtenAs(items as Json[], place))
  }
  return next
}

export function replaced(items: readonly Json[], place: number, item: Json): Json[] {
  const next = rearranged(items, [...items.keys()])
  next[place] = item
  return next
}

export function removed(items: readonly Json[], place: number): Json[] {
  return rearranged(
    items,
    [...items.keys()].filter((each) => each !== place),
  )
}

export function moved(items: readonly Json[], from: number, to: number): Json[] {
  return rearranged(items, shifted([...items.keys()], from, to))
}

/** The object with one key called otherwise, in the same place of its order. */
export function renamed(pairs: Pairs, from: string, to: string): Pairs {
  return remade(pairs, Object.keys(pairs), (key) => (key === from ? to : key))
}

/** The object with its keys in another order. */
export function reordered(pairs: Pairs, from: number, to: number): Pairs {
  return remade(pairs, shifted(Object.keys(pairs), from, to), (key) => key)
}

function remade(pairs: Pairs, keys: readonly string[], named: (key: string) => string): Pairs {
  const next: Pairs = {}
  for (const key of keys) put(next, named(key), pairs[key] ?? null, writtenAs(pairs, key))
  return next
}

function shifted<T>(list: T[], from: number, to: number): T[] {
  const [item] = list.splice(from, 1)
  if (item !== undefined) list.splice(to, 0, item)
  return list
}
