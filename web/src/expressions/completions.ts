/**
 * What can be typed next in an expression: names of the scope, fields of what stands before the dot, functions.
 *
 * Read from the text before the cursor alone; nothing is offered inside quotes. In a template, only inside its braces.
 */
import type { CelFunction } from '../api/expressions'
import { slotAt } from '../ui/code/slots'
import type { Suggestion, Suggestions } from '../ui/code/types'
import { follow, type Name, type Step } from './names'

export interface Words {
  names: readonly Name[]
  functions: readonly CelFunction[]
}

const WORD = /[A-Za-z_]\w*$|$/
const CONSTANTS = ['true', 'false', 'null']
const IDENTIFIER = /^[A-Za-z_]\w*$/

export function completeTemplate(text: string, at: number, asked: boolean, words: Words): Suggestions | null {
  const slot = slotAt(text, at)
  if (!slot) return asked ? { from: at, options: [BRACES] } : null
  const found = completeExpression(text.slice(slot.inner.from, at), at - slot.inner.from, asked, words)
  return found && { ...found, from: found.from + slot.inner.from }
}

const BRACES: Suggestion = {
  label: '{{ … }}',
  kind: 'word',
  detail: 'an expression',
  apply: '{{  }}',
  back: 3,
}

export function completeExpression(
  text: string,
  at: number,
  asked: boolean,
  words: Words,
): Suggestions | null {
  const before = text.slice(0, at)
  if (inQuotes(before)) return null
  const word = WORD.exec(before)?.[0] ?? ''
  const from = at - word.length
  const front = before.slice(0, from)
  if (front.endsWith('.') && !/\d\.$/.test(front))
    return { from, options: afterDot(front.slice(0, -1), words) }
  if (word === '' && !asked && front.trim() !== '') return null
  return { from, options: anywhere(words) }
}

function anywhere({ names, functions }: Words): Suggestion[] {
  return [
    ...names.map((name) => nameSuggestion(name, 'name')),
    ...functions.filter(({ method }) => !method).map(functionSuggestion),
    ...CONSTANTS.map((label) => ({ label, kind: 'word' as const })),
  ]
}

function afterDot(front: string, { names, functions }: Words): Suggestion[] {
  const steps = wayBefore(front)
  const owner = steps && follow(names, steps)
  return [
    ...(owner?.children?.() ?? []).map((name) => nameSuggestion(name, 'field')),
    // The parts of a namespace such as `math` are told with their whole name.
    ...functions.flatMap((each) => partOf(each, steps)),
    // What has fields is no text and no list: it has no methods.
    ...(owner?.children ? [] : functions.filter(({ method }) => method).map(functionSuggestion)),
  ]
}

function partOf(each: CelFunction, steps: readonly Step[] | null): Suggestion[] {
  const [space] = steps ?? []
  if (steps?.length !== 1 || each.method || !each.name.startsWith(`${space ?? ''}.`)) return []
  const label = each.name.slice(each.name.indexOf('.') + 1)
  return [{ ...functionSuggestion(each), label, apply: `${label}()` }]
}

/** The way that ends at the dot: `nodes.a["b c"][0]`; null when it isn't a plain one. */
function wayBefore(front: string): Step[] | null {
  const steps: Step[] = []
  let rest = front
  for (;;) {
    const index = /\[\s*(?:(\d+)|"([^"\\]*)"|'([^'\\]*)')\s*\]$/.exec(rest)
    if (index) {
      steps.unshift(index[1] === undefined ? (index[2] ?? index[3] ?? '') : Number(index[1]))
      rest = rest.slice(0, index.index)
      continue
    }
    const name = /(\.)?([A-Za-z_]\w*)$/.exec(rest)
    if (!name) return null
    steps.unshift(name[2] ?? '')
    if (!name[1]) return steps
    rest = rest.slice(0, name.index)
  }
}

function nameSuggestion(name: Name, kind: 'name' | 'field'): Suggestion {
  const plain = IDENTIFIER.test(name.name)
  return {
    label: name.name,
    kind,
    ...(name.detail && { detail: name.detail }),
    ...(name.info && { info: name.info }),
    // A key that is no name is read in brackets, in the place of the dot.
    ...(!plain && { apply: `[${JSON.stringify(name.name)}]`, over: 1 }),
  }
}

function functionSuggestion({ name, signature, description, method }: CelFunction): Suggestion {
  return {
    label: name,
    kind: method ? 'method' : 'function',
    detail: signature,
    info: description,
    apply: `${name}()`,
    back: /\(\s*\)/.test(signature) ? 0 : 1,
  }
}

function inQuotes(text: string): boolean {
  let quote: string | null = null
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (quote !== null && char === '\\') at += 1
    else if (quote !== null) quote = char === quote ? null : quote
    else if (char === '"' || char === "'") quote = char
  }
  return quote !== null
}
