/**
 * The names that an expression can read, as a tree: what completions offer.
 *
 * Leaves come from a schema (what may be there) and from values (what was there in the last run). Children are made only
 * when they are asked for: outputs can be large.
 */
import type { Json } from '../api/types'

export interface Name {
  name: string
  /** A type, or the value in short. */
  detail?: string
  info?: string
  children?: () => Name[]
  /** What an element of a list looks like. */
  item?: () => Name | null
}

const SHOWN = 40
const MOST_KEYS = 300

/** A value in one short line. */
export function inShort(value: Json, shown = SHOWN): string {
  if (Array.isArray(value)) return value.length === 1 ? 'list of 1' : `list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'object'
  const text = JSON.stringify(value)
  return text.length > shown ? `${text.slice(0, shown - 1)}…` : text
}

export function nameOfValue(name: string, value: Json): Name {
  const made: Name = { name, detail: inShort(value) }
  if (Array.isArray(value)) {
    const [first] = value
    return { ...made, item: () => (first === undefined ? null : nameOfValue('', first)) }
  }
  if (typeof value !== 'object' || value === null) return made
  const children = () =>
    Object.entries(value)
      .slice(0, MOST_KEYS)
      .map(([key, part]) => nameOfValue(key, part))
  return { ...made, children }
}

type Schema = { [key: string]: Json }

export function nameOfSchema(name: string, given: Json | undefined, about = ''): Name {
  const schema = asSchema(given) ?? {}
  const type = Array.isArray(schema['type']) ? schema['type'].map(String).join(' or ') : schema['type']
  const told = [schema['title'], schema['description']].find((text) => typeof text === 'string') ?? about
  const properties = asSchema(schema['properties'])
  const items = asSchema(schema['items'])
  return {
    name,
    ...(typeof type === 'string' && { detail: type === 'array' ? 'list' : type }),
    ...(told && { info: told }),
    ...(properties && {
      children: () => Object.entries(properties).map(([key, part]) => nameOfSchema(key, part)),
    }),
    ...(items && { item: () => nameOfSchema('', items) }),
  }
}

/** Both: what `first` knows, with the rest from `second` (such as the schema, and what came). */
export function merged(first: Name, second: Name): Name {
  const children = [first.children, second.children].filter((list) => list !== undefined)
  const item = first.item ?? second.item
  return {
    ...second,
    ...first,
    detail: second.detail ?? first.detail ?? '',
    ...(children.length > 0 && { children: () => mergedLists(children.map((list) => list())) }),
    ...(item && { item }),
  }
}

function mergedLists(lists: readonly Name[][]): Name[] {
  const all = new Map<string, Name>()
  for (const name of lists.flat()) {
    const known = all.get(name.name)
    all.set(name.name, known ? merged(known, name) : name)
  }
  return [...all.values()]
}

export function group(name: string, info: string, children: () => Name[]): Name {
  return { name, info, children }
}

export type Step = string | number

/** The name at the end of a way such as `nodes`, `score`, `output`, 0; null when nobody knows it. */
export function follow(names: readonly Name[], steps: readonly Step[]): Name | null {
  const [first, ...rest] = steps
  let at = names.find(({ name }) => name === first) ?? null
  for (const step of rest) {
    if (!at) return null
    at =
      typeof step === 'number'
        ? (at.item?.() ?? null)
        : (at.children?.().find(({ name }) => name === step) ?? null)
  }
  return at
}

function asSchema(value: Json | undefined): Schema | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}
