// @vitest-environment jsdom
import { cleanup, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'

import type { Json } from '../api/types'
import { run } from '../graph/fixtures'
import { RunList } from './RunList'
import { answering, shown } from './testing'

afterEach(cleanup)

const runs = ['new', 'mid', 'old'].map((id) => run({}, { id, test: id === 'mid' }))

async function list(items: unknown = runs, filter = {}) {
  answering({ 'GET /api/v1/runs': { items, next: null } as Json })
  return await shown(<RunList filter={filter} named />)
}

test('two runs are compared, the older one first, whichever was selected first', async () => {
  await list()
  const [newest, , oldest] = await screen.findAllByRole('checkbox')
  if (!newest || !oldest) throw new Error('no checkboxes')
  await userEvent.click(newest)
  expect(screen.queryByRole('link', { name: 'Compare' })).toBeNull()
  await userEvent.click(oldest)
  const href = screen.getByRole('link', { name: 'Compare' }).getAttribute('href')
  expect(href).toContain('a=old')
  expect(href).toContain('b=new')
})

test('a third one has to wait until the selection is cleared', async () => {
  await list()
  const boxes = await screen.findAllByRole<HTMLInputElement>('checkbox')
  for (const box of boxes.slice(0, 2)) await userEvent.click(box)
  expect(boxes.map((box) => box.disabled)).toEqual([false, false, true])
  await userEvent.click(screen.getByRole('button', { name: 'Clear' }))
  expect(boxes.map((box) => box.disabled)).toEqual([false, false, false])
})

test('test runs are marked', async () => {
  await list()
  expect(await screen.findAllByText('test')).toHaveLength(1)
})

test('an empty list says whether a filter is why', async () => {
  await list([], { state: 'FAILED' })
  expect(await screen.findByText('No run matches')).toBeTruthy()
})
