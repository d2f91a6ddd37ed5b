// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'

import type { Definition, ProblemEntry } from '../../api/types'
import type { EditorState } from '../contract'
import { ProblemsPanel } from './ProblemsPanel'

afterEach(cleanup)

const definition = {
  holdfast: 1,
  name: 'a',
  nodes: [
    { id: 'get', type: 'http.request', title: 'Get it', params: {} },
    { id: 'each', type: 'map', params: { body: { nodes: [{ id: 'inner', type: 'log', params: {} }] } } },
  ],
} as unknown as Definition

function show(problems: ProblemEntry[], checking = false) {
  const goTo = vi.fn()
  const editor = { definition, problems, goTo } as unknown as EditorState
  render(<ProblemsPanel editor={editor} checking={checking} />)
  return goTo
}

it('goes to the node and the field of a problem', async () => {
  const goTo = show([
    { path: 'nodes[0].params.url', message: 'is missing' },
    { path: 'nodes[1].params.body.nodes[0].params.message', message: 'is missing too' },
    { path: 'triggers[0].cron', message: 'is no time' },
  ])
  expect(screen.getByRole('status').textContent).toContain('3 problems')
  await userEvent.click(screen.getByRole('button', { name: /Get it.*is missing/ }))
  expect(goTo).toHaveBeenLastCalledWith(['get'], 'params.url')
  await userEvent.click(screen.getByRole('button', { name: /inner.*is missing too/ }))
  expect(goTo).toHaveBeenLastCalledWith(['each', 'inner'], 'params.message')
  await userEvent.click(screen.getByRole('button', { name: /Workflow.*is no time/ }))
  expect(goTo).toHaveBeenLastCalledWith([], 'triggers[0].cron')
})

it('says when all is well, and when it does not know yet', () => {
  show([])
  expect(screen.getByRole('status').textContent).toContain('No problems')
  cleanup()
  show([], true)
  expect(screen.getByRole('status').textContent).toContain('Checking')
})
