// @vitest-environment jsdom
import { act, cleanup, fireEvent, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import type { Segment } from '../../api/types'
import { definition, run } from '../../graph/fixtures'
import { answering, shown } from '../testing'
import { Gantt } from './Gantt'

const drawn: string[] = []
vi.mock('../../ui/StateBadge', () => ({
  StateIcon: ({ state }: { state: string }) => {
    drawn.push(state)
    return null
  },
}))

const start = Date.now() - 10_000
const at = (seconds: number) => new Date(start + seconds * 1_000).toISOString()
const going = run(
  { enrich: { state: 'SUCCEEDED' }, mail: { state: 'RUNNING' } },
  { created_at: at(0), started_at: at(0) },
)
const segment = (part: Partial<Segment>): Segment => ({
  node: 'enrich',
  job: 'j1',
  attempt: 1,
  kind: 'running',
  from: at(0),
  to: null,
  outcome: null,
  ...part,
})
const first = [
  segment({ to: at(2), outcome: 'failed' }),
  segment({ kind: 'backoff', attempt: 2, from: at(2), to: at(4) }),
  segment({ attempt: 2, from: at(4), to: at(5), outcome: 'succeeded' }),
  segment({ node: 'mail', from: at(5) }),
]

beforeEach(() => {
  drawn.length = 0
})
afterEach(cleanup)

async function chart() {
  answering({ 'GET /api/v1/runs/r1/timeline': { items: first as never } })
  const select = vi.fn()
  const view = await shown(
    <Gantt run={going} definition={definition} selected={undefined} onSelect={select} />,
  )
  await screen.findByRole('button', { name: /enrich/ })
  return { ...view, select }
}

const frame = (container: Element) => container.querySelector<HTMLElement>('[style*="--now"]')

test('a row for each node that has begun, a bar for each stretch', async () => {
  const { container, select } = await chart()
  expect(screen.getAllByRole('listitem').filter((item) => item.querySelector('[data-row]'))).toHaveLength(2)
  expect(container.querySelectorAll('[data-row=enrich] [data-stretch]')).toHaveLength(3)
  await userEvent.click(screen.getByRole('button', { name: /mail/ }))
  expect(select).toHaveBeenCalledWith('mail')
})

test('time goes on and the zoom changes without a row being drawn again', async () => {
  const { container } = await chart()
  const now = Number(frame(container)?.style.getPropertyValue('--now'))
  drawn.length = 0
  await vi.waitFor(() => {
    expect(Number(frame(container)?.style.getPropertyValue('--now'))).toBeGreaterThan(now)
  })
  await userEvent.click(screen.getByRole('button', { name: 'Zoom into the timeline' }))
  expect(Number(frame(container)?.style.getPropertyValue('--from'))).toBeGreaterThan(0)
  expect(drawn).toEqual([])
})

test('only the row whose stretches changed is drawn again', async () => {
  const { client } = await chart()
  drawn.length = 0
  const ended = first.map((item) => (item.to === null ? { ...item, to: at(9), outcome: 'succeeded' } : item))
  act(() => void client.setQueryData(['timeline', 'r1'], structuredClone(ended)))
  await vi.waitFor(() => expect(drawn).toEqual(['RUNNING']))
})

test('arrow keys step through the stretches of a row and tell each', async () => {
  await chart()
  const row = screen.getByRole('button', { name: /enrich/ })
  row.focus()
  fireEvent.keyDown(row, { key: 'ArrowRight' })
  expect(screen.getByRole('status').textContent).toMatch(/Running.*Attempt 1.*Outcome failed.*1 of 3/)
  fireEvent.keyDown(row, { key: 'ArrowRight' })
  expect(screen.getByRole('status').textContent).toMatch(/Backoff.*Attempt 2.*2 of 3/)
  fireEvent.keyDown(row, { key: 'Escape' })
  expect(screen.queryByRole('status')).toBeNull()
  fireEvent.keyDown(row, { key: 'ArrowDown' })
  expect(document.activeElement?.textContent).toMatch(/mail/)
})

test('keys zoom in, out and back to all', async () => {
  const { container } = await chart()
  const span = () => Number(frame(container)?.style.getPropertyValue('--span'))
  const row = screen.getByRole('button', { name: /enrich/ })
  const all = span()
  fireEvent.keyDown(row, { key: '+' })
  expect(span()).toBeLessThan(all)
  fireEvent.keyDown(row, { key: '0' })
  expect(span()).toBeGreaterThanOrEqual(all)
})
