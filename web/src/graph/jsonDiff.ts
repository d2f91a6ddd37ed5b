/**
 * In what two JSON values differ, path by path. Pure.
 *
 * Objects are compared by key and lists by index; where kinds differ the whole values are told. At most `most`
 * differences are listed, and whether there are more.
 */
import type { Json } from '../api/types'

export interface Difference {
  /** `customer.emails[0]`; empty for the whole value. */
  path: string
  /** Absent on the side that doesn't have it. */
  before?: Json
  after?: Json
}

export interface Differences {
  items: Difference[]
  more: boolean
}

export function jsonDiff(before: Json | undefined, after: Json | undefined, most = 200): Differences {
  const items: Difference[] = []
  const more = !walk('', before, after, items, most)
  return { items, more }
}

export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  return !jsonDiff(a, b, 0).more
}

/** False as soon as there is no room for a difference. */
function walk(
  path: string,
  before: Json | undefined,
  after: Json | undefined,
  found: Difference[],
  most: number,
): boolean {
  if (Object.is(before, after)) return true
  const parts = partsOf(before, after)
  if (!parts) {
    if (found.length >= most) return false
    found.push({ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) })
    return true
  }
  return parts.every((part) => walk(`${path}${part.step(path)}`, part.before, part.after, found, most))
}

interface Part {
  step: (path: string) => string
  before: Json | undefined
  after: Json | undefined
}

/** What both values have inside them, when they are of one kind; null otherwise. */
function partsOf(before: Json | undefined, after: Json | undefined): Part[] | null {
  if (Array.isArray(before) && Array.isArray(after)) {
    return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => ({
      step: () => `[${index}]`,
      before: before[index],
      after: after[index],
    }))
  }
  if (!isObject(before) || !isObject(after)) return null
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].map((key) => ({
    step: (path) => named(path, key),
    before: before[key],
    after: after[key],
  }))
}

function named(path: string, key: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `[${JSON.stringify(key)}]`
  return path ? `.${key}` : key
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
