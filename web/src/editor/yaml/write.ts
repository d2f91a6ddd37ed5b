/**
 * A value as YAML that the server reads back as the same value: short leaves on one line, text of several lines as a
 * block, quotes only where they are needed. The library's tree holds text only, so each scalar's style says what it is.
 */
import { Pair, Scalar, YAMLMap, YAMLSeq, type Document, type Node, type ToStringOptions } from 'yaml'

import { writtenAs } from '../../api/exactJson'
import type { Json } from '../../api/types'
import { emptyDocument } from './read'
import { mayBePlain } from './scalar'
import { holdsUnseen } from './text'

const WIDTH = 100

const STYLE = {
  lineWidth: 0,
  doubleQuotedAsJSON: true,
  indentSeq: true,
  flowCollectionPadding: false,
} as const satisfies ToStringOptions

export function writeYaml(value: Json): string {
  const document = emptyDocument()
  // A text alone can't be a block for the server's parser.
  document.contents = nodeOf(value, null, typeof value === 'string')
  return textOfDocument(document)
}

/** `style` says how the text that a document came from is written. */
export function textOfDocument(document: Document, style: ToStringOptions = {}): string {
  return document.toString({ ...STYLE, ...style })
}

/** `written`: how a number says itself where its value can't. `inFlow`: inside of a list or mapping on one line. */
export function nodeOf(value: Json, written: string | null, inFlow: boolean): Node {
  if (typeof value !== 'object' || value === null) return scalarOf(value, written, inFlow)
  const flow = inFlow || fitsLine(value)
  const node = Array.isArray(value) ? listOf(value, flow) : mapOf(value, flow)
  node.flow = flow
  return node
}

function listOf(value: Json[], flow: boolean): YAMLSeq {
  const node = new YAMLSeq()
  node.items = value.map((item, index) => nodeOf(item, writtenAs(value, index), flow))
  return node
}

function mapOf(value: { [key: string]: Json }, flow: boolean): YAMLMap {
  const node = new YAMLMap()
  node.items = Object.entries(value).map(
    ([key, item]) => new Pair(keyOf(key, flow), nodeOf(item, writtenAs(value, key), flow)),
  )
  return node
}

export function keyOf(key: string, inFlow: boolean): Scalar {
  return styled(key, mayBePlain(key, true) || (!inFlow && mayBePlain(key, false)) ? 'PLAIN' : 'QUOTE_DOUBLE')
}

export function scalarOf(
  value: string | number | boolean | null,
  written: string | null,
  inFlow: boolean,
): Scalar {
  if (typeof value === 'string') return styled(value, styleOf(value, inFlow))
  return styled(written ?? JSON.stringify(value), 'PLAIN')
}

function styled(text: string, style: Scalar.Type): Scalar {
  const node = new Scalar(text)
  node.type = style
  return node
}

export function styleOf(text: string, inFlow: boolean): Scalar.Type {
  if (!inFlow && isBlock(text)) return 'BLOCK_LITERAL'
  if (mayBePlain(text, inFlow)) return 'PLAIN'
  return text.includes('"') && !/['\\\n]/.test(text) ? 'QUOTE_SINGLE' : 'QUOTE_DOUBLE'
}

/** Several lines that a block keeps as they are. */
export function isBlock(text: string): boolean {
  return /^[^\s][^]*\n/.test(text) && !/\t|[ ]$|[ ]\n\s*$/.test(text) && !holdsUnseen(text)
}

/** A list or mapping without others in it (empty ones aside) that is short enough for one line. */
export function fitsLine(value: Json[] | { [key: string]: Json }): boolean {
  const parts = Object.values(value)
  const isLeaf = (part: Json) =>
    typeof part === 'string'
      ? !part.includes('\n')
      : typeof part !== 'object' || part === null || Object.keys(part).length === 0
  return parts.every(isLeaf) && JSON.stringify(value).length <= WIDTH
}
