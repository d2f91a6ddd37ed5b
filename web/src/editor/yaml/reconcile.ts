/**
 * A YAML text made to say another value, touching only what differs: comments, quotes and layout of the rest stay.
 *
 * Members of mappings are matched by their keys, nodes and triggers by their ids, edges by their ends, other list items by
 * their place. What comes out is read again before it is given: if it doesn't say exactly the value, the value is written
 * anew, without the comments.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Pair,
  type Node,
  type Scalar,
  type ToStringOptions,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'

import { sameJson, writtenAs } from '../../api/exactJson'
import type { Json } from '../../api/types'
import { isPlain, readYaml, type Read } from './read'
import { mayBePlain } from './scalar'
import { fitsLine, isBlock, keyOf, nodeOf, scalarOf, textOfDocument, writeYaml } from './write'

type Known = Read['known']

export function reconcile(text: string, value: Json): string {
  const read = readYaml(text)
  if (read.problems.length > 0 || read.document.contents === null) return writeYaml(value)
  if (sameJson(read.value, value) && sameOrder(read.value, value)) return text
  read.document.contents = brought(read.known, read.document.contents, value, null, false) as Node
  const next = textOfDocument(read.document, styleOf(text))
  const again = readYaml(next)
  return again.problems.length === 0 && sameJson(again.value, value) ? next : writeYaml(value)
}

/** How the text is laid out, as far as the library can be told. */
function styleOf(text: string): ToStringOptions {
  const indent = /^( +)(?! |-)\S/m.exec(text)?.[1]?.length ?? 2
  return {
    indent: Math.max(1, Math.min(indent, 8)),
    indentSeq: !/^(\s*)[^\s#-][^\n]*:[ ]*\n\1- /m.test(text),
    flowCollectionPadding: /[^{]\{ [^{\s]/.test(text) && !/[^{]\{[^{}\s]/.test(text),
  }
}

/** The node, or another in its place, saying `value`. */
function brought(known: Known, node: unknown, value: Json, written: string | null, inFlow: boolean): unknown {
  const old = known.get(node)
  if (old && (old.written ?? null) === written && sameJson(old.value, value) && sameOrder(old.value, value)) {
    return node
  }
  if (typeof value === 'object' && value !== null) {
    if (isMap(node) && !Array.isArray(value)) return mapBrought(known, node, value, inFlow)
    if (isSeq(node) && Array.isArray(value)) return listBrought(known, node, value, inFlow)
    return dressed(nodeOf(value, written, inFlow), node)
  }
  const made = scalarOf(value, written, inFlow)
  if (isScalar(node) && typeof value === 'string' && typeof old?.value === 'string') {
    made.type = keptStyle(node, value, inFlow) ?? made.type
  }
  return dressed(made, node)
}

function keptStyle(node: Scalar, text: string, inFlow: boolean): Scalar.Type | undefined {
  if (isPlain(node)) return mayBePlain(text, inFlow) ? 'PLAIN' : undefined
  if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED')
    return isBlock(text) ? node.type : undefined
  return isBlock(text) ? undefined : node.type
}

/** With the comments of the one whose place it takes. */
function dressed(made: Node, old: unknown): Node {
  if (!isScalar(old) && !isMap(old) && !isSeq(old) && !isAlias(old)) return made
  if (old.commentBefore) made.commentBefore = old.commentBefore
  if (old.spaceBefore) made.spaceBefore = old.spaceBefore
  if (old.comment && isScalar(made)) made.comment = old.comment
  return made
}

function flowOf(node: YAMLMap | YAMLSeq, value: Json[] | { [key: string]: Json }, inFlow: boolean): boolean {
  if (inFlow) return true
  if (node.items.length === 0) return fitsLine(value)
  return node.flow === true && fitsLine(value)
}

function mapBrought(known: Known, node: YAMLMap, value: { [key: string]: Json }, inFlow: boolean): YAMLMap {
  const flow = flowOf(node, value, inFlow)
  const pairs = new Map(node.items.map((pair) => [known.get(pair.key)?.value, pair]))
  node.items = Object.entries(value).map(([key, part]) => {
    const written = writtenAs(value, key)
    const pair = pairs.get(key)
    if (!pair) return new Pair(keyOf(key, flow), nodeOf(part, written, flow))
    pair.value = brought(known, pair.value, part, written, flow)
    return pair
  })
  node.flow = flow
  return node
}

function listBrought(known: Known, node: YAMLSeq, value: Json[], inFlow: boolean): YAMLSeq {
  const flow = flowOf(node, value, inFlow)
  const old = matches(known, node, value)
  node.items = value.map((part, index) => {
    const before = old[index]
    const written = writtenAs(value, index)
    return before === undefined ? nodeOf(part, written, flow) : brought(known, before, part, written, flow)
  })
  node.flow = flow
  return node
}

/** For each new item the old one that it was; undefined for an added one. */
function matches(known: Known, node: YAMLSeq, value: readonly Json[]): unknown[] {
  const names = new Map<string, unknown>()
  for (const item of node.items) {
    const name = nameOf(known.get(item)?.value)
    if (name === null || names.has(name)) return value.map((_, index) => node.items[index])
    names.set(name, item)
  }
  const wanted = value.map(nameOf)
  if (wanted.includes(null)) return value.map((_, index) => node.items[index])
  // A renamed one has the place of one that is gone.
  const found = wanted.map((name) => names.get(name ?? ''))
  const used = new Set(found)
  const sameLength = value.length === node.items.length
  return found.map((item, index) => {
    const here = node.items[index]
    return item ?? (sameLength && !used.has(here) ? here : undefined)
  })
}

function nameOf(value: Json | undefined): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const { id, from, to } = value
  if (typeof id === 'string') return id
  return typeof from === 'string' && typeof to === 'string' ? `${from} -> ${to}` : null
}

/** Whether keys stand in the same order, all the way down: a switch takes its first case that is true. */
export function sameOrder(a: Json, b: Json): boolean {
  if (a === b || typeof a !== 'object' || typeof b !== 'object' || !a || !b) return true
  const [keys, others] = [Object.keys(a), Object.keys(b)]
  return keys.every((key, index) => {
    const [one, other] = [(a as { [key: string]: Json })[key], (b as { [key: string]: Json })[key]]
    return others[index] === key && one !== undefined && other !== undefined && sameOrder(one, other)
  })
}
