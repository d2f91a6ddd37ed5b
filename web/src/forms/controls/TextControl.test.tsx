// @vitest-environment jsdom
import { EditorView } from '@codemirror/view'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import type { Json } from '../../api/types'
import { fieldOf } from '../model'
import { TextControl } from './TextControl'

const chunk = vi.hoisted(() => {
  let arrive = () => {}
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve
  })
  return { arrived, arrive }
})

// The real editor, which comes when the test says so.
vi.mock('../../ui/code/CodeMirrorField', async (original) => {
  await chunk.arrived
  return original()
})

beforeEach(() => {
  vi.stubGlobal('fetch', () => new Promise(() => undefined))
  Range.prototype.getClientRects = () => [] as unknown as DOMRectList
})

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

function Form() {
  const [value, setValue] = useState<Json | undefined>()
  return (
    <QueryClientProvider client={new QueryClient()}>
      <TextControl
        field={fieldOf('subject', { type: 'string' }, true, false)}
        value={value}
        path="params.subject"
        onChange={setValue}
        wiring={{ 'aria-label': 'Subject' }}
        messages={[]}
        siblings={{}}
        long={false}
        scalars={['string']}
        expressed={false}
      />
      <output>{JSON.stringify(value)}</output>
    </QueryClientProvider>
  )
}

test('a text that becomes a template keeps each letter and the cursor while its editor is loaded', async () => {
  const user = userEvent.setup()
  render(<Form />)
  const plain = screen.getByRole('textbox')
  await user.type(plain, 'Hi {{{{ input.')
  expect(document.activeElement).toBe(plain)
  await user.keyboard('name }}!{ArrowLeft}')
  expect(screen.getByRole('status').textContent).toBe('"Hi {{ input.name }}!"')

  chunk.arrive()
  await vi.waitFor(() => expect(screen.getByRole('textbox')).not.toBe(plain))
  const editor = screen.getByRole('textbox')
  expect(document.activeElement).toBe(editor)
  expect(editor.textContent).toBe('Hi {{ input.name }}!')
  const { state } = EditorView.findFromDOM(editor) ?? {}
  expect(state?.selection.main.head).toBe('Hi {{ input.name }}'.length)
})
