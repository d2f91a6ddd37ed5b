/**
 * The right side of a row as people give it: a value that is written without quotes, a text that would be taken for a
 * number, or an expression.
 */
import { literalOf } from '../expressions/template'

export type RightKind = 'value' | 'text' | 'expression'

export interface RightSide {
  kind: RightKind
  text: string
}

const PLAIN = /^(-?\d+(\.\d+)?|true|false)$/

export function sideOf(source: string): RightSide {
  const text = source.trim()
  const value = literalOf(text)
  if (text === '' || PLAIN.test(text)) return { kind: 'value', text }
  if (typeof value === 'string') return { kind: PLAIN.test(value) ? 'text' : 'value', text: value }
  return { kind: 'expression', text: source }
}

export function sourceOfSide({ kind, text }: RightSide): string {
  if (kind === 'expression') return text
  return kind === 'value' && PLAIN.test(text) ? text : JSON.stringify(text)
}
