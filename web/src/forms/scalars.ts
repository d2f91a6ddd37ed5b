/** Texts of fields that take more than texts. */
import type { Json } from '../api/types'
import type { Scalar } from './model'

/**
 * The value that a typed text stands for. A value that was a number or a boolean stays one as long as the text is one;
 * otherwise the first of the field's types that fits is meant.
 */
export function scalarOf(text: string, scalars: readonly Scalar[], before: Json | undefined): Json {
  const order =
    typeof before === 'number' || typeof before === 'boolean' ? [typeof before, ...scalars] : scalars
  for (const scalar of order) {
    if (scalar === 'string') return text
    if (scalar === 'boolean' && /^(true|false)$/.test(text)) return text === 'true'
    if (scalar === 'integer' && /^-?\d+$/.test(text)) return Number(text)
    if (scalar === 'number' && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  }
  return text
}

export function textOfScalar(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
