// @vitest-environment jsdom
import { closeBrackets, completionStatus, autocompletion } from '@codemirror/autocomplete'
import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { afterEach, expect, test } from 'vitest'

import { openBraces } from './openBraces'

const views: EditorView[] = []
afterEach(() => views.splice(0).forEach((view) => view.destroy()))

function opened(before: string, after: string) {
  const heard: string[] = []
  const override = [() => ({ from: 0, options: [{ label: 'nodes' }] })]
  const view = new EditorView({
    state: EditorState.create({
      doc: before + after,
      selection: { anchor: before.length },
      extensions: [
        closeBrackets(),
        autocompletion({ override }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) heard.push(update.state.doc.toString())
        }),
      ],
    }),
  })
  views.push(view)
  openBraces(view)
  return { view, heard }
}

test('braces are closed, the cursor stands between them, and names are asked for', () => {
  const { view, heard } = opened('hello {{', '')
  expect(view.state.doc.toString()).toBe('hello {{}}')
  expect(view.state.selection.main.head).toBe(8)
  expect(heard).toEqual(['hello {{}}'])
  expect(completionStatus(view.state)).toBe('pending')
})

test('before a word they are as they were typed', () => {
  expect(opened('{{', 'name').view.state.doc.toString()).toBe('{{name')
})

test('elsewhere nothing happens', () => {
  const { view, heard } = opened('{{ a }} and ', 'b')
  expect([view.state.doc.toString(), heard, completionStatus(view.state)]).toEqual([
    '{{ a }} and b',
    [],
    null,
  ])
})
