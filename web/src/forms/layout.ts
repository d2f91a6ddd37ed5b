/**
 * The fields of an object in the order of its schema, and the rules among them that a form can draw: of which only one may
 * be given, which belong to a certain choice, and which few people need and stay folded.
 */
import type { Json } from '../api/types'
import { fits, isNeeded, rulesOf, type Rule } from './conditions'
import { fieldOf, listOf, type Field, type Schema } from './model'
import { isObject } from './place'

/** One of several fields; `none`: or none of them. */
export interface OneOf {
  names: readonly string[]
  none: boolean
}

export type Part = { field: Field } | { oneOf: OneOf; fields: readonly Field[] }

export interface ObjectLayout {
  parts: readonly Part[]
  /** Parts that are folded away. */
  more: readonly Part[]
  /** What follows from a choice. */
  rules: readonly Rule[]
  /** What must be given, whatever is chosen. */
  required: ReadonlySet<string>
}

const FEW = 6

export function layoutOf(schema: Schema, inSecret = false): ObjectLayout {
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  const required = new Set(listOf(schema['required']))
  const fields = Object.entries(properties).flatMap(([name, inner]) =>
    isObject(inner) && inner['readOnly'] !== true ? [fieldOf(name, inner, required.has(name), inSecret)] : [],
  )
  const parts = partsOf(fields, exclusives(schema))
  const folded = parts.length > FEW ? parts.filter(isRare) : []
  return {
    parts: parts.filter((part) => !folded.includes(part)),
    more: folded,
    rules: rulesOf(schema),
    required: new Set([...required].map(String)),
  }
}

/** Bounds and what has a good default. */
function isRare(part: Part): boolean {
  if (!('field' in part)) return false
  const { required, default: given, control, name } = part.field
  if (required) return false
  const bound = control.kind === 'duration' || control.kind === 'number'
  return bound || (given !== undefined && control.kind !== 'choice') || ['expect', 'paginate'].includes(name)
}

function partsOf(fields: readonly Field[], groups: readonly OneOf[]): Part[] {
  const parts: Part[] = []
  for (const field of fields) {
    const oneOf = groups.find(({ names }) => names.includes(field.name))
    if (!oneOf) parts.push({ field })
    else if (oneOf.names.find((name) => fields.some((each) => each.name === name)) === field.name) {
      parts.push({ oneOf, fields: fields.filter(({ name }) => oneOf.names.includes(name)) })
    }
  }
  return parts
}

/** Fields that must not stand together (`not: required`), and lists of alternatives (`oneOf: required`). */
function exclusives(schema: Schema): OneOf[] {
  const properties = isObject(schema['properties']) ? Object.keys(schema['properties']) : []
  const ordered = (names: Iterable<string>) => {
    const set = new Set(names)
    return properties.filter((name) => set.has(name))
  }
  const groups: Set<string>[] = []
  for (const rule of [schema, ...listOf(schema['allOf'])]) {
    const pair = isObject(rule) && isObject(rule['not']) ? listOf(rule['not']['required']).map(String) : []
    if (pair.length !== 2) continue
    const known = groups.find((group) => pair.some((name) => group.has(name)))
    if (known) for (const name of pair) known.add(name)
    else groups.push(new Set(pair))
  }
  const found: OneOf[] = groups.map((group) => ({ names: ordered(group), none: true }))
  for (const rule of ['oneOf', 'anyOf']) {
    const names = alternatives(schema[rule])
    if (names.length > 1) found.push({ names: ordered(names), none: false })
  }
  return found
}

/** The first field that each alternative requires, where they require nothing but fields. */
function alternatives(rule: Json | undefined): string[] {
  const each = listOf(rule).map((option) => {
    const [first] = isObject(option) && option['type'] === undefined ? listOf(option['required']) : []
    return typeof first === 'string' ? first : null
  })
  const names = each.filter((name) => name !== null)
  return names.length === each.length && new Set(names).size === names.length ? names : []
}

/** Whether a field is drawn for a value: it belongs to what is chosen, or is given anyway. */
export function isShown({ rules, required }: ObjectLayout, name: string, value: Schema): boolean {
  return value[name] !== undefined || fits(rules, name, value, required)
}

export function isRequired({ rules }: ObjectLayout, field: Field, value: Schema): boolean {
  return field.required || isNeeded(rules, field.name, value)
}
