/**
 * From a JSON Schema with our marks to what a form draws. Pure: one schema gives one model, whatever the value is.
 *
 * Whatever isn't recognised is a `json` field: no schema is too odd to be filled in. The rules that a form can't draw are
 * left to the validation, which speaks at the field.
 */
import type { Json } from '../api/types'
import { isObject } from './place'
import { pretty } from './words'

export type Schema = { [key: string]: Json }

export type Scalar = 'string' | 'number' | 'integer' | 'boolean'

/** How a field is drawn. */
export type Control =
  | { kind: 'text'; long: boolean; scalars: readonly Scalar[]; offers: 'workflows' | null }
  | { kind: 'number'; integer: boolean; least: number | undefined; most: number | undefined }
  | { kind: 'boolean' }
  | { kind: 'choice'; choices: readonly Json[] }
  | { kind: 'duration' }
  /** What is given and never shown again. */
  | { kind: 'password' }
  | { kind: 'code'; language: 'python' | 'text' }
  | {
      kind: 'expression'
      condition: boolean
      each: string | null
      only: readonly string[] | null
      event: boolean
      /** The round's output, in a kind with a body. */
      item: boolean
    }
  | { kind: 'cases' }
  | { kind: 'body' }
  | { kind: 'list'; item: Schema }
  | { kind: 'object'; schema: Schema }
  | { kind: 'pairs'; value: Schema }
  | { kind: 'variants'; variants: readonly Variant[] }
  | { kind: 'any'; first: 'text' | 'data'; long: boolean }
  | { kind: 'json' }

export interface Variant {
  label: string
  type: string
  schema: Schema
}

export interface Field {
  name: string
  label: string
  hint: string
  required: boolean
  /** Secrets may stand in it, or in what is in it. */
  secret: boolean
  /** It is a password or the like: a secret is what should stand in it, where it isn't one itself (`writeOnly`). */
  credential: boolean
  default: Json | undefined
  /** The first example, where it is short. */
  example: string
  control: Control
}

const LONG = new Set([
  'message',
  'text',
  'html',
  'prompt',
  'system',
  'body',
  'notes',
  'description',
  'base64',
])
const CREDENTIALS = /^(password|token|api_key|secret)$/
const DURATION = String.raw`^\d{1,12}(\.\d{1,6})?(ms|s|m|h|d)$`
const SCALARS: readonly string[] = ['string', 'number', 'integer', 'boolean']
const CONDITIONS = new Set(['condition', 'until', 'when'])

/** `inSecret`: what is around it may hold secrets. */
export function fieldOf(name: string, schema: Schema, required = false, inSecret = false): Field {
  const secret = inSecret || schema['x-holdfast-secret'] === true
  const [example] = listOf(schema['examples'])
  return {
    name,
    label: textOf(schema['title']) ?? pretty(name),
    hint: textOf(schema['description']) ?? '',
    required,
    secret,
    credential: secret && schema['writeOnly'] !== true && CREDENTIALS.test(name),
    default: schema['default'],
    example: isShort(example) ? String(example) : '',
    control: controlOf(name, schema),
  }
}

function controlOf(name: string, schema: Schema): Control {
  return markedControl(name, schema) ?? unionControl(name, schema) ?? typedControl(name, schema)
}

function markedControl(name: string, schema: Schema): Control | null {
  const later = schema['x-holdfast-later']
  const each = schema['x-holdfast-each']
  if (schema['x-holdfast-body'] === true) return { kind: 'body' }
  if (schema['x-holdfast-cases'] === true) return { kind: 'cases' }
  if (schema['x-holdfast-expression'] !== true && later === undefined && each === undefined) return null
  return {
    kind: 'expression',
    condition: !Array.isArray(later) && CONDITIONS.has(name),
    each: typeof each === 'string' ? each : null,
    only: Array.isArray(later) ? later.map(String) : null,
    event: later === true && name === 'condition',
    item: later === true && name === 'until',
  }
}

/** Several types, or several schemas of which one must fit. */
function unionControl(name: string, schema: Schema): Control | null {
  const schemas = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])].filter(isTyped)
  if (schemas.length > 1) return { kind: 'variants', variants: inOrder(schemas.map(variantOf)) }
  const types = typesOf(schema)
  if (types.length < 2) return null
  const scalars = types.filter(isScalar)
  const text: Control = { kind: 'text', long: LONG.has(name), scalars, offers: null }
  const rest = types.filter((type) => !isScalar(type))
  if (rest.length === 0)
    return scalars.includes('string') ? text : { kind: 'any', first: 'data', long: false }
  const one = scalars.length > 0 ? [variantOf({ ...schema, type: [...scalars] })] : []
  return { kind: 'variants', variants: [...one, ...rest.map((type) => variantOf({ ...schema, type }))] }
}

function typedControl(name: string, schema: Schema): Control {
  if (Array.isArray(schema['enum'])) return { kind: 'choice', choices: schema['enum'] }
  switch (typesOf(schema)[0]) {
    case 'string':
      return textControl(name, schema)
    case 'integer':
      return numberControl(schema, true)
    case 'number':
      return numberControl(schema, false)
    case 'boolean':
      return { kind: 'boolean' }
    case 'array':
      return { kind: 'list', item: isObject(schema['items']) ? schema['items'] : {} }
    case 'object':
      return objectControl(schema)
    case undefined: {
      const [example] = listOf(schema['examples'])
      return { kind: 'any', first: typeof example === 'string' ? 'text' : 'data', long: LONG.has(name) }
    }
    default:
      return { kind: 'json' }
  }
}

function textControl(name: string, schema: Schema): Control {
  if (schema['writeOnly'] === true) return { kind: 'password' }
  if (schema['pattern'] === DURATION) return { kind: 'duration' }
  if (name === 'code') return { kind: 'code', language: 'python' }
  if (name === 'sql') return { kind: 'code', language: 'text' }
  const offers = name === 'workflow' ? 'workflows' : null
  return { kind: 'text', long: LONG.has(name), scalars: ['string'], offers }
}

function numberControl(schema: Schema, integer: boolean): Control {
  return { kind: 'number', integer, least: numberOf(schema['minimum']), most: numberOf(schema['maximum']) }
}

function objectControl(schema: Schema): Control {
  const properties = schema['properties']
  if (!isObject(properties)) {
    const value = schema['additionalProperties']
    return { kind: 'pairs', value: isObject(value) ? value : {} }
  }
  // What must say `type: object` is a JSON Schema itself.
  const { type } = properties
  if (Object.keys(properties).length === 1 && isObject(type) && 'const' in type) return { kind: 'json' }
  return { kind: 'object', schema }
}

function variantOf(schema: Schema): Variant {
  const type = typesOf(schema)[0] ?? 'object'
  const label = { array: 'List', object: 'Fields' }[type] ?? 'Value'
  return { label, type: isScalar(type) ? 'scalar' : type, schema: { ...schema, title: label } }
}

/** Simple ones first: they are what most people mean. */
function inOrder(variants: readonly Variant[]): Variant[] {
  const rank = ['scalar', 'object', 'array']
  return [...variants].sort((a, b) => rank.indexOf(a.type) - rank.indexOf(b.type))
}

export function typesOf(schema: Schema): string[] {
  const type = schema['type']
  return (Array.isArray(type) ? type : [type])
    .filter((each): each is string => typeof each === 'string')
    .filter((each) => each !== 'null')
}

function isTyped(value: Json): value is Schema {
  return isObject(value) && value['type'] !== undefined
}

function isScalar(type: string): type is Scalar {
  return SCALARS.includes(type)
}

function isShort(value: Json | undefined): value is string | number {
  return (typeof value === 'string' && value.length <= 60) || typeof value === 'number'
}

export function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}
