/**
 * Braces that were typed before the editor was there are typed again in it: so it closes them as it closes its own, and
 * offers what may stand in them.
 */
import { insertBracket, startCompletion } from '@codemirror/autocomplete'
import type { EditorState, Transaction } from '@codemirror/state'
import type { EditorView } from '@codemirror/view'

const BRACES = '{{'

/** Does nothing unless the cursor stands right behind `{{`. */
export function openBraces(view: EditorView): void {
  const { head } = view.state.selection.main
  const from = head - BRACES.length
  if (from < 0 || view.state.sliceDoc(from, head) !== BRACES) return
  const taken = view.state.update({ changes: { from, to: head } })
  const first = brace(taken.state)
  // In one step: what listens hears of the text as it is afterwards.
  view.dispatch([taken, first, brace(first.state)])
  startCompletion(view)
}

function brace(state: EditorState): Transaction {
  return insertBracket(state, '{') ?? state.update(state.replaceSelection('{'))
}
