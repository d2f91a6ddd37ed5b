/**
 * What the YAML pane holds, and how it follows: pure, each step gives the next state.
 *
 * In step: the text says the document. Typing: a text that can be read is the next document, one that can't stays a text.
 * Following: a document changed elsewhere brings the text along, comments and all. Torn: the document was changed while
 * the text couldn't be read; nothing goes either way until the person chooses one of the two.
 */
import { sameJson, shared } from '../../api/exactJson'
import type { Definition, Json } from '../../api/types'
import { readYaml, type Read } from './read'
import { reconcile, sameOrder } from './reconcile'
import { writeYaml } from './write'

export interface Pane {
  text: string
  /** Null while a long text rests before it is read. */
  read: Read | null
  /** The document as this pane knows it. */
  document: Definition
  torn: boolean
}

/** `kept`: the text of the last time, for its comments. */
export function opened(document: Definition, kept: string | undefined): Pane {
  const value = document as unknown as Json
  const text = kept === undefined ? writeYaml(value) : reconcile(kept, value)
  return { text, read: readYaml(text), document, torn: false }
}

export function typed(pane: Pane, text: string, readNow: boolean): Pane {
  return { ...pane, text, read: readNow ? readYaml(text) : null }
}

export function rested(pane: Pane): Pane {
  return pane.read ? pane : { ...pane, read: readYaml(pane.text) }
}

/** The text as a document; null while it isn't one. */
export function documentOf({ read }: Pane): Definition | null {
  if (!read || read.problems.length > 0) return null
  const { value } = read
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as unknown as Definition) : null
}

/** The document to give to the editor, sharing what stayed the same; null when there is none to give. */
export function toGive(pane: Pane): Definition | null {
  const next = documentOf(pane)
  if (!next || pane.torn || says(next, pane.document)) return null
  return inOrder(next, pane.document) ? (shared(pane.document, next) as Definition) : next
}

export function gave(pane: Pane, document: Definition): Pane {
  return { ...pane, document, torn: false }
}

/** The document was changed, here or elsewhere. */
export function followed(pane: Pane, document: Definition): Pane {
  const own = documentOf(pane)
  if (own && says(own, document)) return { ...pane, document, torn: false }
  if (!own || pane.torn) return { ...pane, document, torn: true }
  const text = reconcile(pane.text, document as unknown as Json)
  return { text, read: readYaml(text), document, torn: false }
}

function says(a: Definition, b: Definition): boolean {
  return a === b || (sameJson(a as unknown as Json, b as unknown as Json) && inOrder(a, b))
}

function inOrder(a: Definition, b: Definition): boolean {
  return sameOrder(a as unknown as Json, b as unknown as Json)
}
