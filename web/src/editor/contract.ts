/**
 * What the editor's pieces hand each other.
 *
 * The definition, as JSON, is the one truth: the canvas, the forms and the YAML pane each show it and give the whole next
 * definition back with a label for the history. Nobody mutates one. Problems come from the server's validation, each with
 * the path that the API gives (`nodes[2].params.url`); pieces show those that are theirs.
 */
import type { components } from '../api/schema'
import type { Definition, Json, ProblemEntry, Run } from '../api/types'

export type Schemas = components['schemas']

/** A node kind as the registry tells it; `params` is a JSON Schema with `x-holdfast-*` marks. */
export interface Kind {
  type: string
  title: string
  description: string
  icon: string
  category: string
  params: { [key: string]: Json }
  ports: string[]
  has_error: boolean
  /** Its named cases are ports too (`switch`). */
  dynamic_ports: boolean
  retry: { [key: string]: Json }
  timeout: string
  example: { [key: string]: Json }
  own: boolean
}

/** Gives the next definition. Changes with the same `merge` in a row are one step of the history. */
export type Change = (next: Definition, label: string, merge?: string) => void

/** What every piece of the editor may know. `path` is where the graph on the canvas stands: [] or e.g. ['loopnode']. */
export interface EditorState {
  definition: Definition
  change: Change
  /** The saved name; null while the workflow was never saved. */
  saved: string | null
  /** Whether there is something to save. */
  dirty: boolean
  kinds: ReadonlyMap<string, Kind>
  problems: readonly ProblemEntry[]
  /** Map and loop nodes that were entered, outermost first. */
  path: readonly string[]
  /** Nodes selected in the graph at `path`. */
  selected: readonly string[]
  /** Selects a node wherever it is (its whole path) and, if given, focuses the field of `field` (`params.url`). */
  goTo: (nodePath: readonly string[], field?: string) => void
  /** The run whose values expressions are tried against and whose states lie over the canvas: a test's, or the last. */
  run: Run | null
}

/** F2. The inspector of one node: everything of it that isn't the graph. Problems are filtered by the piece itself. */
export interface NodeFormProps {
  editor: EditorState
  /** Path of the node: its map or loop parents, then itself. */
  nodePath: readonly string[]
  /** The field to focus when it changes (`params.url`). */
  focus?: string | undefined
  /** Renames the node everywhere (the editor's own operation). Answers why it can't, or null. */
  rename: (id: string) => string | null
}

/** F2. Triggers of the workflow: list, add, edit, addresses, test call, next times. */
export interface TriggerPanelProps {
  editor: EditorState
}

/** F2. Title, description, tags, input schema, vars, settings, output. */
export interface SettingsPanelProps {
  editor: EditorState
}

/** F3. The document as YAML; keeps comments while it is open. */
export interface YamlPaneProps {
  editor: EditorState
}

/** F3. Every problem; choosing one calls `editor.goTo`. */
export interface ProblemsPanelProps {
  editor: EditorState
  checking: boolean
}

/** F3. Starts test runs, pins outputs; tells the run whose states the canvas shows. */
export interface TestPanelProps {
  editor: EditorState
  onRun: (run: Run | null) => void
}

/** F3. Below a node's form: its last output, pin and unpin, run this node alone. */
export interface NodeTestProps {
  editor: EditorState
  nodePath: readonly string[]
  onRun: (run: Run | null) => void
}
