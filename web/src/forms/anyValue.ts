/** A value of any type, edited as what it is: a text, a number, named fields, a list … or as JSON. */
import type { Json } from '../api/types'
import { isObject } from './place'
import { textOfScalar } from './scalars'

export type Mode = 'text' | 'number' | 'boolean' | 'fields' | 'list' | 'null' | 'json'

export const MODES: readonly { value: Mode; label: string }[] = [
  { value: 'text', label: 'Text' },
  { value: 'number', label: 'Number' },
  { value: 'boolean', label: 'Yes or no' },
  { value: 'fields', label: 'Fields' },
  { value: 'list', label: 'List' },
  { value: 'null', label: 'Null' },
  { value: 'json', label: 'JSON' },
]

export function modeOf(value: Json | undefined, first: 'text' | 'data'): Mode {
  if (value === undefined) return first === 'text' ? 'text' : 'fields'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  if (isObject(value)) return 'fields'
  return typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'boolean'
}

/** The value when another type is chosen: what can be kept is. */
export function convert(value: Json | undefined, mode: Mode): Json | undefined {
  switch (mode) {
    case 'text':
      return value === undefined || value === null || typeof value === 'object' ? '' : textOfScalar(value)
    case 'number':
      return numberOf(value)
    case 'boolean':
      return value === true || value === 'true'
    case 'fields':
      return isObject(value) ? value : {}
    case 'list':
      if (Array.isArray(value)) return value
      return value === undefined || value === null || value === '' ? [] : [value]
    case 'null':
      return null
    case 'json':
      return value
  }
}

function numberOf(value: Json | undefined): number {
  const number = typeof value === 'string' ? Number.parseFloat(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : 0
}
