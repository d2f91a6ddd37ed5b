/**
 * JSON read and written without loss, and as strictly as the server does it.
 *
 * JavaScript has one kind of number, the server two: 1.0 is not 1 there, and integers go to 64 bits. What a number can't
 * say itself is kept beside it: an object or list carries, under a symbol, how such numbers of its own are written. A copy
 * by spread keeps the marks; a copy that loses them, or a number that was changed since, is written as the number it is.
 * So nobody else has to know of it, and values stay plain.
 */
import type { Json } from './types'

const WRITTEN = Symbol('written')
/** The server's bounds: more is refused there too. */
export const MAX_DEPTH = 64
const INT_LIMIT = 1n << 63n

type Container = Json[] | { [key: string]: Json }
type Marked = Container & { [WRITTEN]?: { [key: string]: string } }

/** A text that can't be read, and where. Both count from 1. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
  constructor(
    message: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(message)
  }
}

/** Sets a member, whatever its name; `written` is how the number is written where it can't say it itself. */
export function put(into: Container, key: string | number, value: Json, written?: string | null): void {
  if (key === '__proto__') {
    Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    ;(into as { [key: string]: Json })[key] = value
  }
  if (written) mark(into, key, written)
}

export function mark(into: Container, key: string | number, written: string): void {
  const marked = into as Marked
  marked[WRITTEN] = { ...marked[WRITTEN], [key]: written }
}

/** How the number at `key` is written; null where it says so itself. */
export function writtenAs(container: Container, key: string | number): string | null {
  const written = (container as Marked)[WRITTEN]?.[key]
  const value = (container as { [key: string]: Json })[key]
  return written !== undefined && Object.is(Number(written), value) ? written : null
}

/** How an integer of the server is written where a number can't hold or say it. Null past 64 bits: false. */
export function integer(digits: bigint): { value: number; written: string | null } | null {
  if (digits < -INT_LIMIT || digits >= INT_LIMIT) return null
  const value = Number(digits)
  return { value, written: Number.isSafeInteger(value) ? null : digits.toString() }
}

/** The same for a number with a fraction or an exponent. Null where it isn't finite. */
export function float(text: string): { value: number; written: string | null } | null {
  const value = Number(text)
  if (!Number.isFinite(value)) return null
  if (!Number.isInteger(value) || Math.abs(value) >= 1e21) return { value, written: null }
  return { value, written: `${Object.is(value, -0) ? '-0' : String(value)}.0` }
}

/** Equality that tells 1 from 1.0 too; the order of keys means nothing. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return Object.is(a, b)
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameMember(a, b, key))
  )
}

function sameMember(a: Container, b: Container, key: string): boolean {
  const [one, other] = [a as { [key: string]: Json }, b as { [key: string]: Json }]
  return writtenAs(a, key) === writtenAs(b, key) && sameJson(one[key], other[key])
}

/**
 * What was just read, with the parts of the old value that say the same in their places: views see what changed only.
 * Unlike a query's own way of doing so it keeps the marks.
 */
export function shared(old: unknown, next: unknown): unknown {
  if (sameJson(old as Json | undefined, next as Json | undefined)) return old
  if (!isContainer(old) || !isContainer(next) || Array.isArray(old) !== Array.isArray(next)) return next
  const [before, after] = [old as { [key: string]: Json }, next as { [key: string]: Json }]
  for (const [key, value] of Object.entries(after)) {
    if (isContainer(value) && Object.hasOwn(before, key)) put(after, key, shared(before[key], value) as Json)
  }
  return next
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}

/** The JSON text of a value, each number as it was written. */
export function writeJson(value: unknown, indent = 0): string {
  return written(value as Json, indent, '\n')
}

function written(value: Json, indent: number, line: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inner = line + ' '.repeat(indent)
  const member = (key: string, part: Json) => writtenAs(value, key) ?? written(part, indent, inner)
  const parts = Array.isArray(value)
    ? value.map((part, index) => member(String(index), part))
    : Object.entries(value as { [key: string]: Json | undefined }).flatMap(([key, part]) =>
        part === undefined ? [] : [`${JSON.stringify(key)}:${indent > 0 ? ' ' : ''}${member(key, part)}`],
      )
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  if (parts.length === 0) return open + close
  return indent > 0
    ? `${open}${inner}${parts.join(`,${inner}`)}${line}${close}`
    : `${open}${parts.join()}${close}`
}

/** The value of a JSON text. Throws `Unreadable` for what the server would refuse as well. */
export function readJson(text: string): Json {
  return new Reader(text.startsWith('\ufeff') ? text.slice(1) : text).document()
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y
// eslint-disable-next-line no-control-regex -- they must be escaped in JSON
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const WORDS = { true: true, false: false, null: null } as const

interface Part {
  value: Json
  written?: string | null
}

class Reader {
  private at = 0
  private depth = 0
  constructor(private readonly text: string) {}

  document(): Json {
    const { value } = this.part()
    this.space()
    if (this.at < this.text.length) this.fail('extra text after the value')
    return value
  }

  private part(): Part {
    this.space()
    const first = this.text[this.at]
    if (first === '{') return { value: this.nested(() => this.object()) }
    if (first === '[') return { value: this.nested(() => this.list()) }
    if (first === '"') return { value: this.string() }
    return this.word() ?? this.number()
  }

  private nested(read: () => Json): Json {
    if (this.depth >= MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`)
    this.at += 1
    this.depth += 1
    const value = read()
    this.depth -= 1
    return value
  }

  private object(): Json {
    const value: { [key: string]: Json } = {}
    for (let more = !this.take('}'); more; more = this.goesOn('}')) {
      this.space()
      const start = this.at
      if (this.text[start] !== '"') this.fail('a name in double quotes is expected here')
      const key = this.string()
      if (Object.hasOwn(value, key))
        this.fail(`the key "${key.slice(0, 100)}" stands twice in one object`, start)
      if (!this.take(':')) this.fail('":" is expected here')
      const part = this.part()
      put(value, key, part.value, part.written)
    }
    return value
  }

  private list(): Json {
    const value: Json[] = []
    for (let more = !this.take(']'); more; more = this.goesOn(']')) {
      const part = this.part()
      put(value, value.length, part.value, part.written)
    }
    return value
  }

  /** Past a comma, or past the end. */
  private goesOn(end: string): boolean {
    if (this.take(',')) return true
    if (!this.take(end)) this.fail(`"," or "${end}" is expected here`)
    return false
  }

  private string(): string {
    const start = this.at
    STRING.lastIndex = start
    const found = STRING.exec(this.text)
    if (!found)
      return this.fail('this text in quotes is not ended, or holds a character that must be escaped')
    this.at = STRING.lastIndex
    const value = JSON.parse(found[0]) as string
    const wrong = unportable(value)
    return wrong ? this.fail(wrong, start) : value
  }

  private number(): Part {
    NUMBER.lastIndex = this.at
    const found = NUMBER.exec(this.text)
    if (!found) return this.fail('a value is expected here')
    const start = this.at
    this.at = NUMBER.lastIndex
    if (found[1] ?? found[2]) return float(found[0]) ?? this.fail('not a finite number', start)
    const told = 'an integer outside 64 bits; send it as a string'
    // Far longer ones aren't even computed.
    return (found[0].length < 40 ? integer(BigInt(found[0])) : null) ?? this.fail(told, start)
  }

  private word(): Part | null {
    for (const [word, value] of Object.entries(WORDS)) {
      if (!this.text.startsWith(word, this.at)) continue
      this.at += word.length
      return { value }
    }
    return null
  }

  private take(character: string): boolean {
    this.space()
    if (this.text[this.at] !== character) return false
    this.at += 1
    return true
  }

  private space(): void {
    while (' \t\n\r'.includes(this.text[this.at] ?? 'x')) this.at += 1
  }

  private fail(message: string, at = this.at): never {
    const lines = this.text.slice(0, at).split('\n')
    throw new Unreadable(message, lines.length, (lines.at(-1)?.length ?? 0) + 1)
  }
}

/** Why the server wouldn't keep a text; null when it would. */
export function unportable(text: string): string | null {
  if (text.includes('\0')) return 'contains NUL'
  return /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)
    ? 'contains a lone surrogate'
    : null
}
