/**
 * Whether there is data to try an expression with, and what becomes of its answer.
 *
 * Secrets are never filled in outside of a run, and an event or a page is there only when it comes: such expressions aren't
 * tried, rather than told to be wrong.
 */
import type { Evaluated, Trial } from '../api/expressions'
import type { CodeMark } from '../ui/code/types'
import type { Extra } from './scope'

/** Null: it can't be tried. */
export function trialFor(source: string, trial: Trial | null, extra: Extra): Trial | null {
  if (!trial || source.trim() === '' || whyUntried(source, trial, extra) !== '') return null
  if (extra.item === undefined) return trial
  return { ...trial, scope: { ...trial.scope, item: extra.item, index: 0 } }
}

/** Why an expression isn't tried, in words; empty if nothing speaks against it. */
export function whyUntried(source: string, trial: Trial | null, extra: Extra): string {
  const reads = (...names: string[]) =>
    names.some((name) => new RegExp(String.raw`(^|[^.\w"'])${name}\b`).test(source))
  if (!trial || source.trim() === '') return ''
  if (reads('secrets')) return 'Filled in when the node runs.'
  if (extra.only) return `Known when it runs: ${extra.only.join(', ')}.`
  if (extra.event && reads('event')) return 'Known when an event comes.'
  const item = extra.item ?? trial.scope?.['item']
  if (reads('item', 'index') && item === undefined) return 'Known for each item, when it runs.'
  const unknown = ['input', 'nodes', 'run', 'trigger'].filter((name) => trial.scope?.[name] === undefined)
  if (trial.run === undefined && reads(...unknown)) return 'No run yet to try it on.'
  return ''
}

/** Where the answer's mistake stands in the text. */
export function markOf(evaluated: Evaluated | undefined, source: string): CodeMark[] {
  if (!evaluated || evaluated.ok || !evaluated.position) return []
  const { offset, end } = evaluated.position
  const message = evaluated.hint ? `${evaluated.message} (${evaluated.hint})` : evaluated.message
  return [{ ...rangeOf(source, offset, end), message, severity: 'warning' }]
}

/** Characters, as the server counts them, to the units of the text here. */
export function rangeOf(source: string, offset: number, end = offset + 1): { from: number; to: number } {
  const characters = Array.from(source)
  const from = characters.slice(0, offset).join('').length
  return { from, to: from + characters.slice(offset, Math.max(end, offset + 1)).join('').length }
}
