/** The fields of a workflow's input, as rows: what its JSON Schema says of each property. Whatever else it says stays. */
import type { Json } from '../../api/types'
import { renamed } from '../../forms/lists'
import { isObject, withKey } from '../../forms/place'

type Schema = { [key: string]: Json }

export type InputType = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object' | ''

export interface InputField {
  name: string
  type: InputType
  description: string
  required: boolean
}

export const INPUT_TYPES: readonly { value: InputType; label: string }[] = [
  { value: 'string', label: 'Text' },
  { value: 'number', label: 'Number' },
  { value: 'integer', label: 'Whole number' },
  { value: 'boolean', label: 'Yes or no' },
  { value: 'array', label: 'List' },
  { value: 'object', label: 'Object' },
  { value: '', label: 'Anything' },
]

/** Null: rows can't show it. */
export function fieldsOf(schema: Schema | undefined): InputField[] | null {
  const properties = schema?.['properties'] ?? {}
  if (!isObject(properties) || (schema?.['type'] ?? 'object') !== 'object') return null
  const required = requiredOf(schema)
  const fields: InputField[] = []
  for (const [name, inner] of Object.entries(properties)) {
    if (!isObject(inner)) return null
    const type = INPUT_TYPES.find(({ value }) => value === (inner['type'] ?? ''))
    if (!type) return null
    const { description } = inner
    fields.push({
      name,
      type: type.value,
      description: typeof description === 'string' ? description : '',
      required: required.includes(name),
    })
  }
  return fields
}

export function withField(schema: Schema | undefined, name: string, change: Partial<InputField>): Schema {
  const inner = propertiesOf(schema)[name]
  let next: Schema = isObject(inner) ? inner : {}
  if (change.type !== undefined) next = withKey(next, 'type', change.type || undefined)
  if (change.description !== undefined) next = withKey(next, 'description', change.description || undefined)
  const properties = withKey(propertiesOf(schema), name, next)
  const kept = { ...based(schema), properties }
  if (change.required === undefined) return kept
  const others = requiredOf(schema).filter((each) => each !== name)
  return withRequired(kept, change.required ? [...others, name] : others)
}

export function withoutField(schema: Schema | undefined, name: string): Schema {
  const kept = { ...based(schema), properties: withKey(propertiesOf(schema), name, undefined) }
  return withRequired(
    kept,
    requiredOf(schema).filter((each) => each !== name),
  )
}

export function withName(schema: Schema | undefined, from: string, to: string): Schema {
  const kept = { ...based(schema), properties: renamed(propertiesOf(schema), from, to) }
  return withRequired(
    kept,
    requiredOf(schema).map((each) => (each === from ? to : each)),
  )
}

export function freshName(fields: readonly InputField[]): string {
  let number = fields.length + 1
  while (fields.some(({ name }) => name === `field_${number}`)) number += 1
  return `field_${number}`
}

function based(schema: Schema | undefined): Schema {
  return { type: 'object', ...schema }
}

function propertiesOf(schema: Schema | undefined): Schema {
  const properties = schema?.['properties']
  return isObject(properties) ? properties : {}
}

function requiredOf(schema: Schema | undefined): string[] {
  const required = schema?.['required']
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []
}

function withRequired(schema: Schema, names: readonly string[]): Schema {
  return withKey(schema, 'required', names.length > 0 ? [...names] : undefined)
}
