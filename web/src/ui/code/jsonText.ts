/** What is wrong with a text that shall be JSON, and where. Browsers tell the place each in its own way, or not at all. */
import { readJson, Unreadable } from '../../api/exactJson'
import type { CodeMark } from './types'

const TOKEN =
  /\s*(?:(?<text>"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?<word>true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<sign>[[\]{}:,]))/uy

export function jsonMistake(text: string): CodeMark | null {
  try {
    readJson(text)
    return null
  } catch (error) {
    return placed(text, error)
  }
}

/** What the syntax allows and the server doesn't (too deep, too large a number) is told in the reader's own words. */
function placed(text: string, error: unknown): CodeMark {
  const first = firstMistake(text)
  if (first) return markAt(first.at, `This isn't JSON yet: ${first.message}`)
  if (!(error instanceof Unreadable)) return markAt(0, String(error))
  const lines = text.split('\n').slice(0, error.line - 1)
  const start = lines.reduce((sum, line) => sum + line.length + 1, 0)
  return markAt(start + error.column - 1, error.message)
}

function markAt(from: number, message: string): CodeMark {
  return { from, to: from + 1, message, severity: 'error' }
}

interface Mistake {
  at: number
  message: string
}

type Place = 'value' | 'key' | 'colon' | 'after'

function firstMistake(text: string): Mistake | null {
  try {
    JSON.parse(text)
    return null
  } catch {
    return walked(text)
  }
}

/** Walks the tokens with a stack of what is open; the first one that can't stand where it stands is the mistake. */
function walked(text: string): Mistake {
  const open: string[] = []
  let place: Place = 'value'
  let empty = false
  let at = 0
  for (;;) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    const start = at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0)
    if (!match) return { at: start, message: start >= text.length ? atEnd(open, place) : wanted(place, open) }
    at = TOKEN.lastIndex
    const { sign } = match.groups ?? {}
    const next = step(sign, match.groups?.['text'] !== undefined, place, open, empty)
    if (next === null) return { at: start, message: wanted(place, open) }
    empty = sign === '{' || sign === '['
    place = next
  }
}

function step(
  sign: string | undefined,
  isText: boolean,
  place: Place,
  open: string[],
  empty: boolean,
): Place | null {
  const inside = open.at(-1)
  if (sign === '}' || sign === ']') {
    const fits = inside === (sign === '}' ? '{' : '[') && (place === 'after' || empty)
    if (!fits) return null
    open.pop()
    return 'after'
  }
  if (sign === ',') return place !== 'after' || !inside ? null : inside === '{' ? 'key' : 'value'
  if (sign === ':') return place === 'colon' ? 'value' : null
  if (place === 'key') return isText ? 'colon' : null
  if (place !== 'value') return null
  if (sign === undefined) return 'after'
  open.push(sign)
  return sign === '{' ? 'key' : 'value'
}

function wanted(place: Place, open: readonly string[]): string {
  switch (place) {
    case 'key':
      return 'a name in double quotes is expected here.'
    case 'colon':
      return 'a colon is expected here.'
    case 'value':
      return 'a value is expected here; texts stand in double quotes.'
    case 'after':
      return open.length === 0 ? 'nothing more is expected here.' : 'a comma or the end is expected here.'
  }
}

function atEnd(open: readonly string[], place: Place): string {
  const last = open.at(-1)
  if (last === undefined || place !== 'after') return 'it ends too early.'
  return `${last === '{' ? '}' : ']'} is missing at the end.`
}
