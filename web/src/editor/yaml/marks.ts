/** Where in the text its own mistakes stand, and the problems that the server finds in what it says. Pure. */
import { isMap, isScalar, isSeq } from 'yaml'

import type { ProblemEntry } from '../../api/types'
import type { Read } from './read'

export interface Mark {
  from: number
  to: number
  message: string
  severity: 'error' | 'warning'
}

export function marksOf(text: string, read: Read, problems: readonly ProblemEntry[]): Mark[] {
  if (read.problems.length > 0) {
    return read.problems.map(({ line, column, message }) => {
      const from = Math.min(text.length, offsetOf(text, line) + column - 1)
      return { ...lineRest(text, from), message, severity: 'error' }
    })
  }
  return problems.map(({ path, message }) => {
    const from = placeOf(read, path)
    return { ...lineRest(text, from), message: path ? `${path}: ${message}` : message, severity: 'error' }
  })
}

function offsetOf(text: string, line: number): number {
  let at = 0
  for (let left = line; left > 1; left -= 1) {
    const end = text.indexOf('\n', at)
    if (end < 0) return text.length
    at = end + 1
  }
  return at
}

function lineRest(text: string, from: number): { from: number; to: number } {
  const end = text.indexOf('\n', from)
  return { from, to: Math.max(from, end < 0 ? text.length : end) }
}

/**
 * The place of `nodes[2].params.url`, or of the nearest thing around it that is there. Keys may hold dots: the longest
 * one that fits is taken.
 */
export function placeOf({ document }: Read, path: string): number {
  let node: unknown = document.contents
  let place = startOf(node)
  let rest = path
  while (rest !== '') {
    const step = isSeq(node) ? itemOf(node.items, rest) : isMap(node) ? memberOf(node.items, rest) : null
    if (!step) break
    place = step.place ?? place
    node = step.node
    rest = step.rest
  }
  return place
}

interface StepTo {
  node: unknown
  place: number | null
  rest: string
}

function itemOf(items: readonly unknown[], path: string): StepTo | null {
  const found = /^\[(\d+)\]\.?/.exec(path)
  const node = found && items[Number(found[1])]
  return node ? { node, place: startOf(node), rest: path.slice(found[0].length) } : null
}

function memberOf(items: readonly { key: unknown; value: unknown }[], path: string): StepTo | null {
  let best: StepTo | null = null
  let longest = 0
  for (const { key, value } of items) {
    const name = isScalar(key) ? String(key.value) : ''
    if (name.length <= longest || !path.startsWith(name)) continue
    const after = path.slice(name.length)
    if (after !== '' && !/^[.[]/.test(after)) continue
    longest = name.length
    best = { node: value, place: startOf(key), rest: after.replace(/^\./, '') }
  }
  return best
}

function startOf(node: unknown): number {
  return (isScalar(node) || isMap(node) || isSeq(node)) && node.range ? node.range[0] : 0
}
