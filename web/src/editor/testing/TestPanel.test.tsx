// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { Definition, Run } from '../../api/types'
import type { EditorState } from '../contract'
import { remember, remembered, reread } from './memory'
import { NodeTest } from './NodeTest'
import { TestPanel } from './TestPanel'

const definition = {
  holdfast: 1,
  name: 'a',
  nodes: [
    { id: 'one', type: 'noop' },
    { id: 'two', type: 'noop' },
  ],
} as Definition

const before = {
  id: 'r0',
  workflow: 'a',
  nodes: { two: { state: 'SUCCEEDED', attempts: 1, output: { n: 5 }, error: null } },
} as unknown as Run

let sent: { path: string; body: unknown }[]

beforeEach(() => {
  sent = []
  vi.stubGlobal('fetch', (path: string, options: RequestInit) => {
    sent.push({ path, body: JSON.parse(options.body as string) })
    return Promise.resolve(Response.json({ id: 'r1', state: 'PENDING' }, { status: 201 }))
  })
})

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
  localStorage.clear()
  reread()
})

function show(saved: string | null, run: Run | null, part: 'panel' | 'node') {
  const onRun = vi.fn()
  const editor = { definition, saved, run, goTo: vi.fn() } as unknown as EditorState
  render(
    <QueryClientProvider client={new QueryClient()}>
      {part === 'panel' ? (
        <TestPanel editor={editor} onRun={onRun} />
      ) : (
        <NodeTest editor={editor} nodePath={['two']} onRun={onRun} />
      )}
    </QueryClientProvider>,
  )
  return onRun
}

it('says that a workflow must be saved first', () => {
  show(null, null, 'panel')
  expect(screen.getByRole('heading', { name: 'Save it first' })).toBeTruthy()
  expect(screen.queryByRole('button', { name: 'Run test' })).toBeNull()
})

it('sends the document as it stands with its pins, and hands the run on', async () => {
  remember('a', { pins: { one: { n: 1 } } })
  const onRun = show('a', null, 'panel')
  await userEvent.click(screen.getByRole('button', { name: 'Run test' }))
  await waitFor(() => expect(onRun).toHaveBeenCalledWith({ id: 'r1', state: 'PENDING' }))
  expect(sent).toEqual([
    { path: '/api/v1/workflows/a/tests', body: { definition, input: {}, pins: { one: { n: 1 } } } },
  ])
})

it('takes a pin away', async () => {
  remember('a', { pins: { one: { n: 1 } } })
  show('a', null, 'panel')
  await userEvent.click(screen.getByRole('button', { name: 'Unpin one' }))
  expect(remembered('a').pins).toEqual({})
})

it('pins what a node gave last, and runs it alone on the run before', async () => {
  const onRun = show('a', before, 'node')
  await userEvent.click(screen.getByRole('button', { name: 'Pin the last output' }))
  expect(remembered('a').pins).toEqual({ two: { n: 5 } })
  await userEvent.click(screen.getByRole('button', { name: 'Run this node' }))
  await waitFor(() => expect(onRun).toHaveBeenCalled())
  expect(sent[0]?.body).toEqual({ definition, pins: {}, only: 'two', run: 'r0' })
})
