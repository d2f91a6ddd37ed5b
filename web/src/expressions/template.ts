/**
 * From a fixed value to a template and back.
 *
 * A text that is exactly one `{{ … }}` gives the value with its type: that is how any field takes an expression. What an
 * expression states literally can be taken back as a fixed value; anything else can't.
 */
import type { Json } from '../api/types'
import { slotsOf } from '../ui/code/slots'

export function isTemplate(value: Json | undefined): value is string {
  return typeof value === 'string' && value.includes('{{')
}

/** The expression of a text that is exactly one; null for any other text. */
export function wholeExpression(text: string): string | null {
  const trimmed = text.trim()
  const slots = slotsOf(trimmed)
  const [slot] = slots
  if (!slot || slots.length > 1 || slot.from !== 0 || slot.to !== trimmed.length || !slot.closed) return null
  return trimmed.slice(slot.inner.from, slot.inner.to).trim()
}

/** Undefined for an expression that isn't written yet. */
export function templateOf(source: string): string | undefined {
  return source.trim() === '' ? undefined : `{{ ${source.trim()} }}`
}

/** A value as an expression writes it; templates in it become what they hold. */
export function sourceOf(value: Json): string {
  if (typeof value === 'string') return textSource(value)
  if (Array.isArray(value)) return `[${value.map(sourceOf).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}: ${sourceOf(part)}`)
    return `{${parts.join(', ')}}`
  }
  return JSON.stringify(value)
}

function textSource(text: string): string {
  const whole = wholeExpression(text)
  if (whole !== null) return whole
  const slots = slotsOf(text)
  if (slots.length === 0) return JSON.stringify(text)
  const parts: string[] = []
  let at = 0
  for (const slot of slots) {
    if (slot.from > at) parts.push(JSON.stringify(text.slice(at, slot.from)))
    parts.push(`string(${text.slice(slot.inner.from, slot.inner.to).trim()})`)
    at = slot.to
  }
  if (at < text.length) parts.push(JSON.stringify(text.slice(at)))
  return parts.join(' + ')
}

/** The value that an expression states literally; undefined when it is computed. */
export function literalOf(source: string): Json | undefined {
  const text = source.trim()
  const single = /^'((?:[^'\\"])*)'$/.exec(text)
  try {
    return single ? (single[1] ?? '') : (JSON.parse(text) as Json)
  } catch {
    return undefined
  }
}

/** What becomes of a field's value when it turns from an expression to a fixed value; undefined: it is taken out. */
export function fixedOf(value: Json | undefined): Json | undefined {
  if (!isTemplate(value)) return value
  const source = wholeExpression(value)
  return source === null ? undefined : literalOf(source)
}

/** And the other way round: a text that is shown as a template stays as it is. */
export function expressedOf(value: Json | undefined, asText: boolean): Json | undefined {
  if (value === undefined || isTemplate(value) || (asText && typeof value === 'string')) return value
  return templateOf(sourceOf(value))
}
