/**
 * Undo and redo over whole definitions. Steps with the same `merge` in a row are one: typing a text, dragging on. Steps
 * made right after an undo never merge into what was undone to.
 */
import type { Definition } from '../../api/types'

interface Step {
  /** What stood before it. */
  before: Definition
  label: string
  merge: string | undefined
}

interface Undone {
  after: Definition
  label: string
}

export interface History {
  present: Definition
  past: readonly Step[]
  future: readonly Undone[]
}

const LONGEST = 200

export function begin(definition: Definition): History {
  return { present: definition, past: [], future: [] }
}

export function record(history: History, next: Definition, label: string, merge?: string): History {
  if (next === history.present) return history
  const last = history.past.at(-1)
  if (merge !== undefined && last?.merge === merge && history.future.length === 0) {
    return { ...history, present: next }
  }
  const step = { before: history.present, label, merge }
  return { present: next, past: [...history.past, step].slice(-LONGEST), future: [] }
}

/** The last step ends here: whatever comes next is a step of its own, though its `merge` be the same. */
export function settle(history: History): History {
  const last = history.past.at(-1)
  if (last?.merge === undefined) return history
  return { ...history, past: [...history.past.slice(0, -1), { ...last, merge: undefined }] }
}

export function undo(history: History): History {
  const step = history.past.at(-1)
  if (!step) return history
  return {
    present: step.before,
    past: settle({ ...history, past: history.past.slice(0, -1) }).past,
    future: [...history.future, { after: history.present, label: step.label }],
  }
}

export function redo(history: History): History {
  const step = history.future.at(-1)
  if (!step) return history
  return {
    present: step.after,
    past: [...history.past, { before: history.present, label: step.label, merge: undefined }],
    future: history.future.slice(0, -1),
  }
}

/** What an undo would take back, and a redo bring again: their labels. */
export const undoLabel = (history: History) => history.past.at(-1)?.label
export const redoLabel = (history: History) => history.future.at(-1)?.label
