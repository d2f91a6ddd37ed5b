/**
 * `nodes.<id>` in expressions, under another id.
 *
 * Texts are read as the language reads them: literals and comments are skipped, a field called `nodes` of something else
 * isn't the root. In a text of mixed content only what stands in `{{ … }}` is an expression.
 */
import type { Json } from '../../api/types'

/** A literal (raw and triple ones too), a comment, or a word with all that it is a part of. */
const TOKEN =
  /[rRbB]{0,2}(?:"""[\s\S]*?"""|'''[\s\S]*?''')|[rR][bB]?(?:"[^"\n]*"|'[^'\n]*')|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*|[A-Za-z_][A-Za-z0-9_]*/g
const FIELD = /^(\s*\.\s*)([A-Za-z_][A-Za-z0-9_]*)/
const KEY = /^(\s*\[\s*)(["'])([A-Za-z_][A-Za-z0-9_]*)\2(\s*\])/
const BRACES = /\{\{[\s\S]*?\}\}/g

export type Names = ReadonlyMap<string, string>

/** An expression with the ids in `names` (old → new) replaced. */
export function inExpression(source: string, names: Names): string {
  let made = ''
  let at = 0
  TOKEN.lastIndex = 0
  for (let token = TOKEN.exec(source); token; token = TOKEN.exec(source)) {
    const end = TOKEN.lastIndex
    if (token[0] !== 'nodes' || /[.\w]\s*$/.test(source.slice(Math.max(0, token.index - 8), token.index)))
      continue
    const change = renamed(source.slice(end), names)
    if (!change) continue
    made += source.slice(at, end) + change.text
    at = end + change.length
    TOKEN.lastIndex = at
  }
  return at === 0 ? source : made + source.slice(at)
}

function renamed(rest: string, names: Names): { text: string; length: number } | null {
  const field = FIELD.exec(rest)
  if (field) {
    const name = names.get(field[2] ?? '')
    return name === undefined ? null : { text: `${field[1] ?? ''}${name}`, length: field[0].length }
  }
  const key = KEY.exec(rest)
  const name = names.get(key?.[3] ?? '')
  if (!key || name === undefined) return null
  return {
    text: `${key[1] ?? ''}${key[2] ?? ''}${name}${key[2] ?? ''}${key[4] ?? ''}`,
    length: key[0].length,
  }
}

/** A text with templates: only what stands in braces is an expression. */
export function inTemplate(text: string, names: Names): string {
  return text.includes('{{') ? text.replace(BRACES, (part) => inExpression(part, names)) : text
}

/**
 * Any value with its texts rewritten; the same value when nothing in it changed. Whether a text without braces is an
 * expression is told by `isBare` from its place.
 */
export function inValue<T extends Json>(
  value: T,
  names: Names,
  isBare: (path: readonly string[]) => boolean = () => false,
  path: readonly string[] = [],
): T {
  if (typeof value === 'string') {
    const text: string = value
    return (isBare(path) ? inExpression(text, names) : inTemplate(text, names)) as T
  }
  if (typeof value !== 'object' || value === null) return value
  const fields = value as { [key: string]: Json }
  let copy: { [key: string]: Json } | null = null
  for (const [key, inner] of Object.entries(fields)) {
    const next = inValue(inner, names, isBare, [...path, key])
    if (next === inner) continue
    copy ??= copyOf(fields)
    copy[key] = next
  }
  return (copy ?? value) as T
}

/** A list or an object once more, with what says how its numbers were written. */
function copyOf(value: { [key: string]: Json }): { [key: string]: Json } {
  return Array.isArray(value) ? Object.assign([], value) : { ...value }
}
