/**
 * An input to start from, out of a workflow's JSON Schema: its `examples`, `default`s and required properties.
 *
 * Only a proposal: the server checks what is sent. Depth is bounded, so a schema that refers to itself ends.
 */
import type { Json } from '../api/types'

type Schema = { [key: string]: Json }

const DEEPEST = 6

export function exampleInput(schema: Schema | undefined): Json {
  const value = schema ? example(schema, 0) : {}
  return value === undefined ? {} : value
}

function example(schema: Schema, depth: number): Json | undefined {
  const given = stated(schema)
  if (given !== undefined) return given
  switch (typeOf(schema)) {
    case 'object':
      return depth >= DEEPEST ? {} : properties(schema, depth)
    case 'array':
      return []
    case 'string':
      return ''
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 0
    case 'boolean':
      return false
    case 'null':
      return null
    default:
      return undefined
  }
}

function stated(schema: Schema): Json | undefined {
  const { examples } = schema
  if (Array.isArray(examples) && examples.length > 0) return examples[0]
  if (schema['default'] !== undefined) return schema['default']
  if (schema['const'] !== undefined) return schema['const']
  const options = schema['enum']
  return Array.isArray(options) ? options[0] : undefined
}

function properties(schema: Schema, depth: number): Json {
  const result: { [key: string]: Json } = {}
  for (const [name, part] of Object.entries(asSchema(schema['properties']) ?? {})) {
    const inner = asSchema(part)
    const value = inner ? example(inner, depth + 1) : undefined
    if (value !== undefined) result[name] = value
  }
  return result
}

function typeOf(schema: Schema): Json | undefined {
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type']
  return type ?? (schema['properties'] ? 'object' : undefined)
}

function asSchema(value: Json | undefined): Schema | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}
