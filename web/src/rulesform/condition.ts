/**
 * Conditions as rows (left, operator, right), joined by all or any, in groups of groups.
 *
 * `readCondition` gives rows for the expressions that rows can say, and null for all others: these stay text.
 * `writeCondition` gives the expression of rows. What was read is written with the same meaning; only spaces and needless
 * brackets may differ. An unfinished row (no left side, or no right one where it takes one) is left out.
 */
import { isWord, tokensOf, type Token } from './tokens'

export type Operator =
  | '=='
  | '!='
  | '>'
  | '>='
  | '<'
  | '<='
  | 'contains'
  | '!contains'
  | 'startsWith'
  | 'endsWith'
  | 'matches'
  | 'in'
  | '!in'
  | 'has'
  | '!has'
  | 'null'
  | '!null'
  | 'empty'
  | '!empty'
  | 'true'
  | 'false'

export interface Row {
  left: string
  operator: Operator
  /** An expression; empty for operators that take none. */
  right: string
}

export interface Group {
  join: 'all' | 'any'
  items: readonly (Row | Group)[]
}

interface Meaning {
  value: Operator
  label: string
  takesRight: boolean
}

export const OPERATORS: readonly Meaning[] = [
  { value: '==', label: 'is', takesRight: true },
  { value: '!=', label: 'is not', takesRight: true },
  { value: '>', label: 'is more than', takesRight: true },
  { value: '>=', label: 'is at least', takesRight: true },
  { value: '<', label: 'is less than', takesRight: true },
  { value: '<=', label: 'is at most', takesRight: true },
  { value: 'contains', label: 'contains', takesRight: true },
  { value: '!contains', label: "doesn't contain", takesRight: true },
  { value: 'startsWith', label: 'starts with', takesRight: true },
  { value: 'endsWith', label: 'ends with', takesRight: true },
  { value: 'matches', label: 'matches pattern', takesRight: true },
  { value: 'in', label: 'is one of', takesRight: true },
  { value: '!in', label: 'is none of', takesRight: true },
  { value: 'true', label: 'is true', takesRight: false },
  { value: 'false', label: 'is false', takesRight: false },
  { value: 'has', label: 'is there', takesRight: false },
  { value: '!has', label: "isn't there", takesRight: false },
  { value: 'null', label: 'is null', takesRight: false },
  { value: '!null', label: "isn't null", takesRight: false },
  { value: 'empty', label: 'is empty', takesRight: false },
  { value: '!empty', label: "isn't empty", takesRight: false },
]

const METHODS = ['contains', 'startsWith', 'endsWith', 'matches'] as const
const COMPARISONS = new Set(['==', '!=', '>', '>=', '<', '<=', 'in'])
const SUMS = new Set(['+', '-', '*', '/', '%'])

export function takesRight(operator: Operator): boolean {
  return OPERATORS.some(({ value, takesRight: takes }) => value === operator && takes)
}

export function isGroup(item: Row | Group): item is Group {
  return 'items' in item
}

// -- writing ----------------------------------------------------------------------------------------------------------

/** Empty when no row is finished. */
export function writeCondition(group: Group): string {
  const parts = group.items
    .map((item) => (isGroup(item) ? grouped(item, group.join) : writeRow(item)))
    .filter((part) => part !== '')
  return parts.join(group.join === 'all' ? ' && ' : ' || ')
}

function grouped(group: Group, around: Group['join']): string {
  const text = writeCondition(group)
  const one = group.items.length === 1
  return text === '' || one || group.join === around ? text : `(${text})`
}

export function isFinished({ left, operator, right }: Row): boolean {
  return left.trim() !== '' && (!takesRight(operator) || right.trim() !== '')
}

export function writeRow(row: Row): string {
  if (!isFinished(row)) return ''
  const { operator } = row
  const left = row.left.trim()
  const right = row.right.trim()
  switch (operator) {
    case 'contains':
    case 'startsWith':
    case 'endsWith':
    case 'matches':
      return `${tight(left)}.${operator}(${right})`
    case '!contains':
      return `!${tight(left)}.contains(${right})`
    case '!in':
      return `!(${left} in ${right})`
    case 'has':
      return `has(${left})`
    case '!has':
      return `!has(${left})`
    case 'null':
      return `${left} == null`
    case '!null':
      return `${left} != null`
    case 'empty':
      return `size(${left}) == 0`
    case '!empty':
      return `size(${left}) > 0`
    case 'true':
      return left
    case 'false':
      return `!${tight(left)}`
    default:
      return `${left} ${operator} ${right}`
  }
}

/** In brackets, if a dot after it would otherwise belong to its end only. */
function tight(source: string): string {
  const tokens = tokensOf(source)
  const loose = tokens === null || tokens.some(({ text, depth }) => depth === 0 && isBinary(text))
  return loose || source.startsWith('!') ? `(${source})` : source
}

function isBinary(text: string): boolean {
  return COMPARISONS.has(text) || SUMS.has(text) || ['&&', '||', '?', ':'].includes(text)
}

// -- reading ----------------------------------------------------------------------------------------------------------

export function readCondition(source: string): Group | null {
  if (source.trim() === '') return { join: 'all', items: [] }
  const read = readPart(source)
  if (!read) return null
  return isGroup(read) ? read : { join: 'all', items: [read] }
}

function readPart(source: string): Row | Group | null {
  const text = unwrapped(source)
  const tokens = tokensOf(text)
  if (
    !tokens?.length ||
    tokens.some(({ text: sign, depth }) => depth === 0 && [',', '?', ':', '{'].includes(sign))
  )
    return null
  for (const [sign, join] of [
    ['||', 'any'],
    ['&&', 'all'],
  ] as const) {
    const parts = splitAt(text, tokens, sign)
    if (parts.length > 1) return readGroup(parts, join)
  }
  return readRow(text, tokens)
}

function readGroup(parts: readonly string[], join: Group['join']): Group | null {
  const items: (Row | Group)[] = []
  for (const part of parts) {
    const read = readPart(part)
    if (!read) return null
    // `a && (b && c)` says no more than `a && b && c`.
    if (isGroup(read) && read.join === join) items.push(...read.items)
    else items.push(read)
  }
  return { join, items }
}

function readRow(text: string, tokens: readonly Token[]): Row | null {
  const operators = tokens.filter(({ text: sign, depth }) => depth === 0 && COMPARISONS.has(sign))
  if (operators.length > 1) return null
  const [operator] = operators
  if (operator) return comparison(text, operator)
  if (tokens[0]?.text === '!') return negation(text)
  if (tokens.some(({ text: sign, depth }) => depth === 0 && (SUMS.has(sign) || sign === '!'))) return null
  return called(text, tokens) ?? { left: text, operator: 'true', right: '' }
}

function comparison(text: string, { text: sign, from, to }: Token): Row | null {
  const left = text.slice(0, from).trim()
  const right = text.slice(to).trim()
  if (left === '' || right === '' || left.startsWith('!')) return null
  const sized = argumentOf(left, 'size')
  if (sized !== null && right === '0' && sign === '==') return { left: sized, operator: 'empty', right: '' }
  if (sized !== null && right === '0' && sign === '>') return { left: sized, operator: '!empty', right: '' }
  if (right === 'null' && sign === '==') return { left, operator: 'null', right: '' }
  if (right === 'null' && sign === '!=') return { left, operator: '!null', right: '' }
  return { left, operator: sign as Operator, right }
}

function negation(text: string): Row | null {
  const rest = text.slice(1).trim()
  const inner = unwrapped(rest)
  const read = readPart(inner)
  if (!read || isGroup(read)) return null
  if (read.operator === 'in' && inner !== rest) return { ...read, operator: '!in' }
  if (read.operator === 'contains') return { ...read, operator: '!contains' }
  if (read.operator === 'has') return { ...read, operator: '!has' }
  return read.operator === 'true' ? { ...read, operator: 'false' } : null
}

/** `left.contains(right)` and the like, and `has(left)`. */
function called(text: string, tokens: readonly Token[]): Row | null {
  const present = argumentOf(text, 'has')
  if (present !== null) return { left: present, operator: 'has', right: '' }
  // The last call at the outside: name, bracket, …, bracket, end.
  const open = tokens.findLastIndex(({ text: sign, depth }) => depth === 0 && sign === '(')
  const [name, dot] = [tokens[open - 1], tokens[open - 2]]
  const operator = METHODS.find((method) => method === name?.text)
  const last = tokens.at(-1)
  if (!operator || !name || dot?.text !== '.' || last?.text !== ')' || last.depth !== 0) return null
  const left = unwrapped(text.slice(0, dot.from).trim())
  const right = text.slice(name.to, last.to).trim().slice(1, -1).trim()
  const several = tokensOf(right)?.some(({ text: sign, depth }) => depth === 0 && sign === ',') ?? true
  return left === '' || right === '' || several ? null : { left, operator, right }
}

/** The one argument of `name(…)`, if the text is that call and nothing else. */
function argumentOf(text: string, name: string): string | null {
  const tokens = tokensOf(text)
  if (!tokens || tokens[0]?.text !== name || !isWord(tokens[0]) || tokens[1]?.text !== '(') return null
  const closing = tokens.findIndex(({ text: sign, depth }) => sign === ')' && depth === 0)
  const inner = text.slice(tokens[1].to, tokens[closing]?.from).trim()
  if (closing !== tokens.length - 1 || inner === '') return null
  return tokensOf(inner)?.some(({ text: sign, depth }) => depth === 0 && sign === ',') ? null : inner
}

/** Without the brackets around all of it. */
function unwrapped(source: string): string {
  const text = source.trim()
  const tokens = tokensOf(text)
  if (!tokens || tokens[0]?.text !== '(') return text
  const closing = tokens.findIndex(({ text: sign, depth }) => sign === ')' && depth === 0)
  return closing === tokens.length - 1 ? unwrapped(text.slice(1, -1)) : text
}

function splitAt(text: string, tokens: readonly Token[], sign: string): string[] {
  const parts: string[] = []
  let from = 0
  for (const token of tokens) {
    if (token.depth !== 0 || token.text !== sign) continue
    parts.push(text.slice(from, token.from).trim())
    from = token.to
  }
  parts.push(text.slice(from).trim())
  return parts
}
