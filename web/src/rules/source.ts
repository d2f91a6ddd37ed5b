/** A rule as YAML or JSON text, and back. Its chunk holds the YAML library, so it is loaded by the tab that shows it. */
import { parseDocument, stringify } from 'yaml'

import type { RuleDocument } from '../api/rules'
import type { Json } from '../api/types'
import type { CodeMark } from '../ui/code/types'
import { isPart } from './document'

export type Language = 'yaml' | 'json'
export type Read = { document: RuleDocument } | { mark: CodeMark }

export function write(document: RuleDocument, language: Language): string {
  return language === 'json'
    ? `${JSON.stringify(document, null, 2)}\n`
    : stringify(document, { lineWidth: 110 })
}

/** JSON is YAML too, so one reader tells the place of a mistake in either. */
export function read(text: string): Read {
  const parsed = parseDocument(text, { prettyErrors: false, maxAliasCount: 100 } as object)
  const [mistake] = parsed.errors
  if (mistake) {
    const [from, to] = mistake.pos
    return { mark: markOf(from, Math.max(to, from + 1), text, mistake.message) }
  }
  const value = parsed.toJS({ maxAliasCount: 100 }) as Json
  if (!isPart(value))
    return { mark: markOf(0, text.length, text, 'A rule is an object: name, trigger, jobs.') }
  return { document: value }
}

function markOf(from: number, to: number, text: string, message: string): CodeMark {
  const end = text.length
  return { from: Math.min(from, end), to: Math.min(to, end), message, severity: 'error' }
}
