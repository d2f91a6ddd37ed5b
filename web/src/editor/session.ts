/**
 * What the editor holds besides its looks: the history of the definition, where one stands in it and what is selected.
 *
 * Every act is a plain function from a session to the next one. After each, the path and the selection name only what
 * exists, whoever changed the document: the canvas, a form, the YAML pane or an undo.
 */
import type { Definition, Workflow } from '../api/types'
import { existing, graphAt } from '../graph/edit/document'
import { edgesOf } from '../graph/ports'
import { begin, record, redo, settle, undo, type History } from '../graph/edit/history'

export interface Session {
  history: History
  /** The definition as it was saved last; what differs from it is unsaved. */
  base: Definition
  /** The saved name and version; null while the workflow was never saved. */
  saved: { name: string; version: number } | null
  path: readonly string[]
  selected: readonly string[]
  /** Ids of selected edges. */
  edges: readonly string[]
}

export type Step = (session: Session) => Session

export function open(workflow: Workflow): Session {
  const saved = { name: workflow.name, version: workflow.version }
  return { ...fresh(workflow.definition), saved }
}

/** Of a workflow that was never saved. An empty base: even untouched, there is something to save. */
export function fresh(definition: Definition): Session {
  const none: readonly string[] = []
  return {
    history: begin(definition),
    base: definition,
    saved: null,
    path: none,
    selected: none,
    edges: none,
  }
}

export const present = (session: Session): Definition => session.history.present

export function isDirty(session: Session): boolean {
  return session.history.present !== session.base
}

export function changed(next: Definition, label: string, merge?: string): Step {
  return (session) => pruned({ ...session, history: record(session.history, next, label, merge) })
}

/** A change that is worked out from the document as it stands then. */
export function edited(edit: (definition: Definition) => Definition, label: string, merge?: string): Step {
  return (session) => changed(edit(present(session)), label, merge)(session)
}

export const undone: Step = (session) => pruned({ ...session, history: undo(session.history) })
export const redone: Step = (session) => pruned({ ...session, history: redo(session.history) })

export function selecting(selected: readonly string[], edges: readonly string[] = []): Step {
  return (session) =>
    same(session.selected, selected) && same(session.edges, edges)
      ? session
      : { ...session, selected, edges, history: settle(session.history) }
}

/** Shows the graph at `path`. */
export function entering(path: readonly string[], selected: readonly string[] = []): Step {
  return (session) => pruned({ ...session, path, selected, edges: [], history: settle(session.history) })
}

/** The server has `definition` now, as the version of `workflow`; the document may have gone on meanwhile. */
export function savedAs(definition: Definition, workflow: Workflow): Step {
  return (session) => ({
    ...session,
    base: definition,
    saved: { name: workflow.name, version: workflow.version },
  })
}

function pruned(session: Session): Session {
  const definition = present(session)
  const path = existing(definition, session.path)
  const graph = graphAt(definition, path)
  const ids = new Set(graph.nodes.map(({ id }) => id))
  const selected = path === session.path ? session.selected.filter((id) => ids.has(id)) : []
  const edges = session.edges.length === 0 ? session.edges : keptEdges(session)
  return {
    ...session,
    path: same(path, session.path) ? session.path : path,
    selected: same(selected, session.selected) ? session.selected : selected,
    edges,
  }
}

function keptEdges(session: Session): readonly string[] {
  const { nodes, edges } = graphAt(present(session), session.path)
  const ids = new Set(
    edgesOf({ ...present(session), nodes: [...nodes], edges: [...edges] }).map(({ id }) => id),
  )
  return session.edges.filter((id) => ids.has(id))
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]))
}
