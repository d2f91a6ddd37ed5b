/**
 * The fields of an object in the order of its schema, and the rules among them that a form can draw: of which only one may
 * be given, which belong to a certain choice, and which few people need and stay folded.
 */
import type { Json } from '../api/types'
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
  /** By field: it means something only while that other field has one of these values. */
  onlyWith: ReadonlyMap<string, { by: string; values: readonly Json[] }>
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
    onlyWith: conditions(schema, fields),
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

/** `if a field is this, then those are required`: they belong to it. */
function conditions(schema: Schema, fields: readonly Field[]): ObjectLayout['onlyWith'] {
  const found = new Map<string, { by: string; values: Json[] }>()
  for (const rule of [schema, ...listOf(schema['allOf'])]) {
    if (!isObject(rule) || !isObject(rule['if']) || !isObject(rule['then'])) continue
    const [given] = Object.entries(isObject(rule['if']['properties']) ? rule['if']['properties'] : {})
    if (!given || !isObject(given[1]) || given[1]['const'] === undefined) continue
    for (const name of listOf(rule['then']['required']).map(String)) {
      if (fields.find((field) => field.name === name)?.required) continue
      const entry = found.get(name) ?? { by: given[0], values: [] }
      found.set(name, { ...entry, values: [...entry.values, given[1]['const']] })
    }
  }
  return found
}

/** Whether a field is drawn for a value: it belongs to what is chosen, or is given anyway. */
export function isShown(layout: ObjectLayout, name: string, value: Schema): boolean {
  const only = layout.onlyWith.get(name)
  if (!only || value[name] !== undefined) return true
  const chosen = value[only.by]
  return (typeof chosen === 'string' && chosen.includes('{{')) || only.values.some((each) => each === chosen)
}

export function isRequired(layout: ObjectLayout, field: Field): boolean {
  return field.required || layout.onlyWith.has(field.name)
}
