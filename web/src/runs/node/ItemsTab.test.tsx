// @vitest-environment jsdom
import { cleanup, fireEvent, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'

import { answering, shown, type Call } from '../testing'
import { ItemsTab } from './ItemsTab'

afterEach(cleanup)

const TOTAL = 10_000
const PATH = 'GET /api/v1/runs/r1/nodes/each/items'

/** Ten thousand items; every hundredth failed. The cursor is the next index, as far as this API goes. */
function page({ path }: Call) {
  const search = new URLSearchParams(path.split('?')[1])
  const step = search.get('state') === 'FAILED' ? 100 : 1
  const from = Number(search.get('cursor') ?? 0)
  const count = Math.min(Number(search.get('limit')), (TOTAL - from) / step)
  const items = Array.from({ length: count }, (_, at) => itemOf(from + at * step))
  const next = from + count * step
  return { items, next: next < TOTAL ? String(next) : null }
}

function itemOf(index: number) {
  const failed = index % 100 === 0
  return {
    index,
    state: failed ? 'FAILED' : 'SUCCEEDED',
    run: `child-${index}`,
    item: index,
    output: failed ? null : { double: index * 2 },
    error: failed ? { type: 'fail', message: `item ${index} is odd` } : null,
  }
}

const items = { total: TOTAL, done: TOTAL, failed: 100, live: 0 }

async function tab() {
  const calls = answering({ [PATH]: page })
  await shown(<ItemsTab run="r1" node="each" items={items} live={false} />)
  await screen.findByLabelText('Items')
  return calls
}

// By label, not by role: the names of hundreds of buttons take long to work out here.
const rows = () => [...screen.getByLabelText('Items').children].map((row) => row.textContent)

test('says how far they are, and draws one page of ten thousand', async () => {
  await tab()
  expect(screen.getByText('10,000 of 10,000')).toBeTruthy()
  expect(screen.getByText(/9,900 succeeded · 100 failed/)).toBeTruthy()
  expect(rows()).toHaveLength(50)
})

test('pages go on and back, and read only what is shown', async () => {
  const calls = await tab()
  fireEvent.click(screen.getByLabelText('Next page'))
  await vi.waitFor(() => expect(rows()[0]).toMatch(/^50/))
  fireEvent.click(screen.getByLabelText('Page before'))
  await vi.waitFor(() => expect(rows()[0]).toMatch(/^0/))
  expect(new Set(calls.map(({ path }) => path)).size).toBe(2)
})

test('only the failed ones are shown when asked for, each with why and its run', async () => {
  await tab()
  fireEvent.change(screen.getByLabelText('State of the items'), { target: { value: 'FAILED' } })
  await vi.waitFor(() => expect(rows()[1]).toMatch(/^100.*item 100 is odd/))
  expect(screen.getByLabelText('Open the run of item 100').getAttribute('href')).toContain('/runs/child-100')
})

test('an item unfolds to its values', async () => {
  await tab()
  const second = screen.getByLabelText('Items').children[1]
  fireEvent.click(second?.querySelector('button') ?? document.body)
  expect(screen.getByLabelText('Copy item')).toBeTruthy()
  expect(screen.getByLabelText('Copy output')).toBeTruthy()
})
