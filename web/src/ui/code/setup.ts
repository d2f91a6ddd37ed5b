/** What every code field consists of, built from its props once; what changes later goes through compartments. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { bracketMatching, foldGutter, foldKeymap } from '@codemirror/language'
import { type Diagnostic } from '@codemirror/lint'
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view'

import { languageOf } from './language'
import { look } from './look'
import type { CodeFieldProps, CodeMark, Complete, Suggestion } from './types'

const KINDS = {
  name: 'variable',
  field: 'property',
  function: 'function',
  method: 'method',
  word: 'keyword',
} as const

export function fixedParts(props: CodeFieldProps, complete: Complete): Extension[] {
  const single = props.singleLine ?? false
  return [
    look,
    languageOf(props.language),
    history(),
    bracketMatching(),
    closeBrackets(),
    autocompletion({
      ...(props.complete && { override: [(context) => asked(context, complete)] }),
      icons: false,
      activateOnTyping: props.complete !== undefined,
    }),
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...historyKeymap,
      ...defaultKeymap,
      ...(single ? [] : [...searchKeymap, ...foldKeymap]),
    ]),
    ...(single ? [oneLine, EditorView.lineWrapping] : [highlightSelectionMatches()]),
    ...(props.lineNumbers ? [lineNumbers(), foldGutter()] : []),
    ...(props.language === 'text' || props.language === 'template' ? [EditorView.lineWrapping] : []),
    ...(props.placeholder ? [placeholder(props.placeholder)] : []),
  ]
}

/** Pasted lines become one; Enter does nothing. */
const oneLine = EditorState.transactionFilter.of((transaction) => {
  if (!transaction.docChanged || transaction.newDoc.lines <= 1) return transaction
  // What was there with several lines stays as it is while something else of it is edited.
  if (transaction.startState.doc.lines >= transaction.newDoc.lines) return transaction
  if (transaction.isUserEvent('input.paste')) {
    const text = transaction.newDoc.toString().replaceAll(/\s*\n\s*/g, ' ')
    return {
      changes: { from: 0, to: transaction.startState.doc.length, insert: text },
      selection: { anchor: text.length },
    }
  }
  return transaction.isUserEvent('input') ? [] : transaction
})

function asked(context: CompletionContext, complete: Complete): CompletionResult | null {
  const found = complete(context.state.doc.toString(), context.pos, context.explicit)
  if (!found || found.options.length === 0) return null
  return { from: found.from, options: found.options.map(completionOf), validFor: /^\w*$/ }
}

function completionOf(suggestion: Suggestion, place: number): Completion {
  const { label, kind, detail, info, apply, back = 0, over = 0 } = suggestion
  return {
    label,
    type: KINDS[kind],
    // The order is the caller's: what is nearest first.
    boost: -place / 100,
    ...(detail && { detail }),
    ...(info && { info }),
    ...(apply !== undefined && {
      apply: (view: EditorView, _completion: Completion, from: number, to: number) =>
        view.dispatch({
          changes: { from: from - over, to, insert: apply },
          selection: { anchor: from - over + apply.length - back },
          userEvent: 'input.complete',
        }),
    }),
  }
}

export function attributesOf(props: CodeFieldProps): Record<string, string> {
  return {
    'aria-label': props.label,
    ...(props.id && { id: props.id }),
    ...(props['aria-describedby'] && { 'aria-describedby': props['aria-describedby'] }),
    ...(props['aria-invalid'] && { 'aria-invalid': 'true' }),
    ...(props.readOnly && { 'aria-readonly': 'true' }),
    spellcheck: 'false',
    autocorrect: 'off',
    autocapitalize: 'off',
  }
}

/** Marks that the text, which may have gone on since, still has room for. An empty one covers a character. */
export function diagnosticsOf(marks: readonly CodeMark[], length: number): Diagnostic[] {
  return marks.map(({ from, to, message, severity }) => {
    const start = Math.max(0, Math.min(from, Math.max(0, length - 1)))
    return { from: start, to: Math.max(Math.min(to, length), Math.min(start + 1, length)), message, severity }
  })
}
