// @vitest-environment jsdom
import { cleanup, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'

import type { Json, Wait } from '../../api/types'
import { run } from '../../graph/fixtures'
import { answering, shown } from '../testing'
import { RunActions } from './RunActions'
import { WaitBox } from './WaitBox'

afterEach(cleanup)

const going = run({})
const ended = run({}, { state: 'FAILED', finished_at: '2026-01-02T10:01:00Z', version: 3 })
const approval: Wait = {
  node: 'ask',
  kind: 'approval',
  name: 'ask',
  until: null,
  title: 'Pay <b>40</b>?',
  approvers: ['anna', 'admin'],
}
const told = (calls: { method: string; path: string; body: Json | undefined }[]) =>
  calls.filter(({ method }) => method === 'POST')

test('an approval tells who decides, and sends the decision with its comment', async () => {
  const calls = answering({ 'POST /api/v1/runs/r1/signals/ask': going as never })
  const { container } = await shown(<WaitBox run={going} wait={approval} />)
  expect(screen.getByText('anna, admin')).toBeTruthy()
  expect(container.querySelector('b')).toBeNull()
  await userEvent.type(screen.getByRole('textbox', { name: 'Comment' }), ' fine ')
  await userEvent.click(screen.getByRole('button', { name: 'Approve' }))
  expect(await screen.findByText('Approved')).toBeTruthy()
  expect(told(calls).map(({ body }) => body)).toEqual([{ approved: true, comment: 'fine' }])
})

test('whoever may not decide is told so in the words of the server', async () => {
  const problem = { title: 'Forbidden', detail: 'only anna may decide this' }
  answering({ 'POST /api/v1/runs/r1/signals/ask': { status: 403, problem } })
  await shown(<WaitBox run={going} wait={approval} />)
  await userEvent.click(screen.getByRole('button', { name: 'Reject' }))
  expect((await screen.findByRole('alert')).textContent).toContain('only anna may decide this')
})

test('a callback shows its address to copy, and takes a signal', async () => {
  const wait: Wait = { node: 'bank', kind: 'callback', name: 'bank', until: null }
  const calls = answering({
    'GET /api/v1/runs/r1/waits': { items: [{ ...wait, url: 'http://h/hooks/run/x' }] as never, next: null },
    'POST /api/v1/runs/r1/signals/bank': going as never,
  })
  await shown(<WaitBox run={going} wait={wait} />)
  expect((await screen.findByLabelText('Callback address')).textContent).toBe('http://h/hooks/run/x')
  await userEvent.click(screen.getByRole('button', { name: 'Send a signal…' }))
  const field = screen.getByRole('textbox')
  await userEvent.clear(field)
  await userEvent.type(field, '{{"parcels": 2')
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send' }).disabled).toBe(true)
  await userEvent.type(field, '}')
  await userEvent.click(screen.getByRole('button', { name: 'Send' }))
  await vi.waitFor(() => expect(told(calls).map(({ body }) => body)).toEqual([{ parcels: 2 }]))
})

test('a going run can be paused, and cancelled with what it did undone', async () => {
  const calls = answering({
    'POST /api/v1/runs/r1/pause': going as never,
    'POST /api/v1/runs/r1/cancel': going as never,
  })
  await shown(<RunActions run={going} />)
  await userEvent.click(screen.getByRole('button', { name: 'Pause' }))
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }))
  await userEvent.click(screen.getByRole('switch', { name: 'Undo what succeeded first' }))
  await userEvent.click(screen.getByRole('button', { name: 'Cancel the run' }))
  await vi.waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull())
  expect(told(calls).map(({ path, body }) => [path, body])).toEqual([
    ['/api/v1/runs/r1/pause', undefined],
    ['/api/v1/runs/r1/cancel', { compensate: true }],
  ])
})

test('an ended run runs again from what failed, by the version chosen, and its page is opened', async () => {
  const calls = answering({ 'POST /api/v1/runs/r1/rerun': { ...ended, id: 'r2' } as never })
  const { place } = await shown(<RunActions run={ended} />)
  await userEvent.click(screen.getByRole('button', { name: 'Run again' }))
  expect(screen.getByRole<HTMLInputElement>('radio', { name: 'What failed' }).checked).toBe(true)
  await userEvent.click(screen.getByRole('radio', { name: 'The newest' }))
  await userEvent.click(screen.getByRole('button', { name: 'Run again' }))
  await vi.waitFor(() => expect(place()).toMatch(/\/runs\/r2/))
  expect(told(calls)[0]?.body).toEqual({ from: 'failed', version: 'newest' })
})

test('one that succeeded has nothing failed to run again', async () => {
  await shown(<RunActions run={{ ...ended, state: 'SUCCEEDED' }} />)
  await userEvent.click(screen.getByRole('button', { name: 'Run again' }))
  expect(screen.queryByRole('radio', { name: 'What failed' })).toBeNull()
  expect(screen.getByRole<HTMLInputElement>('radio', { name: 'The start' }).checked).toBe(true)
})
