// @vitest-environment jsdom
import { cleanup, render, screen, within } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'

import type { Attempt, Job } from '../../api/types'
import { JobHistory } from './JobHistory'

afterEach(cleanup)

const at = '2026-01-02T10:00:00Z'
const attempt = (part: Partial<Attempt>): Attempt => ({
  number: 1,
  worker: 'w1',
  started_at: at,
  finished_at: at,
  outcome: 'succeeded',
  error_type: null,
  error_message: null,
  retry_at: null,
  ...part,
})

const job: Job = {
  id: 'j1',
  kind: 'http.request',
  queue: 'default',
  state: 'RUNNING',
  priority: 0,
  payload: {},
  result: null,
  error: null,
  attempt: 2,
  max_attempts: 5,
  run_at: null,
  run: 'r1',
  node: 'enrich',
  correlation_id: null,
  created_at: at,
  started_at: at,
  finished_at: null,
  // A lost attempt doesn't use the budget up, so its number comes twice.
  attempts: [
    attempt({ outcome: 'failed', error_type: 'http', error_message: '<b>503</b>' }),
    attempt({ number: 2, outcome: 'lost' }),
    attempt({ number: 2, outcome: null, finished_at: null }),
  ],
  transitions: [
    { from: null, to: 'PENDING', at, reason: 'inserted' },
    { from: 'PENDING', to: 'RUNNING', at, reason: 'claimed' },
  ],
}

test('every attempt is listed with its outcome and its error as text', () => {
  const { container } = render(<JobHistory job={job} />)
  const [attempts] = screen.getAllByRole('list')
  if (!attempts) throw new Error('no list')
  const rows = within(attempts).getAllByRole('listitem')
  expect(rows.map((row) => row.textContent)).toEqual([
    expect.stringContaining('#1failed'),
    expect.stringContaining('#2lost'),
    expect.stringContaining('#2running'),
  ])
  expect(container.querySelector('b')).toBeNull()
  expect(rows[0]?.textContent).toContain('http: <b>503</b>')
})

test('transitions tell from, to and reason', () => {
  render(<JobHistory job={job} />)
  expect(screen.getByText('claimed').closest('li')?.textContent).toMatch(/Pending.*Running.*claimed/)
})
