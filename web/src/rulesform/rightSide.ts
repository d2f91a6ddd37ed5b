/** The right side of a row as people give it: a text, a number, yes or no, or an expression. */
import { literalOf } from '../expressions/template'

export type RightKind = 'text' | 'number' | 'boolean' | 'expression'

export interface RightSide {
  kind: RightKind
  text: string
}

/** A list of texts stays an expression: it is one, and reads as one. */
export function sideOf(source: string): RightSide {
  const value = literalOf(source)
  if (typeof value === 'string') return { kind: 'text', text: value }
  if (typeof value === 'number') return { kind: 'number', text: source.trim() }
  if (typeof value === 'boolean') return { kind: 'boolean', text: source.trim() }
  return { kind: source.trim() === '' ? 'text' : 'expression', text: source }
}

export function sourceOfSide({ kind, text }: RightSide): string {
  if (kind === 'text') return JSON.stringify(text)
  if (kind === 'number')
    return Number.isFinite(Number.parseFloat(text)) ? String(Number.parseFloat(text)) : ''
  if (kind === 'boolean') return text === 'true' ? 'true' : 'false'
  return text
}
