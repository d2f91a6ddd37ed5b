// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'

import type { JobAttempt, JobRecord } from '../api/jobs'
import { AttemptList } from './AttemptList'

afterEach(cleanup)

const at = '2026-01-02T10:00:00Z'

function attempt(number: number, part: Partial<JobAttempt> = {}): JobAttempt {
  return {
    number,
    worker: 'w1',
    lease: number,
    started_at: at,
    finished_at: at,
    outcome: 'failed',
    error_type: 'ValueError',
    error_message: '<b>no</b>',
    error_traceback: null,
    retry_at: null,
    ...part,
  }
}

const job = (attempts: JobAttempt[]) => ({ attempts }) as unknown as JobRecord

test('the newest attempt comes first, with its error and traceback as text', () => {
  const traceback = 'Traceback:\n  File "<i>tasks.py</i>", line 3'
  const attempts = [attempt(1), attempt(2, { error_traceback: traceback })]
  const { container } = render(<AttemptList job={job(attempts)} />)
  const rows = screen.getAllByRole('listitem')
  expect(rows.map((row) => row.textContent)).toEqual([
    expect.stringContaining('Attempt 2failed'),
    expect.stringContaining('Attempt 1failed'),
  ])
  expect(container.querySelector('b, i')).toBeNull()
  expect(rows[0]?.textContent).toContain('ValueError: <b>no</b>')
  expect(container.querySelector('pre')?.textContent).toBe(traceback)
  expect(container.querySelector('details')?.open).toBe(true)
})

test('many attempts are cut until asked for', async () => {
  render(<AttemptList job={job(Array.from({ length: 8 }, (_, index) => attempt(index + 1)))} />)
  expect(screen.getAllByRole('listitem')).toHaveLength(5)
  await userEvent.click(screen.getByRole('button', { name: '3 earlier' }))
  expect(screen.getAllByRole('listitem')).toHaveLength(8)
})

test('a wait that goes on is told apart from one that is over', () => {
  const later = new Date(Date.now() + 120_500).toISOString()
  const attempts = [attempt(1, { retry_at: '2026-01-02T10:00:03Z' }), attempt(2, { retry_at: later })]
  render(<AttemptList job={job(attempts)} />)
  expect(screen.getByText('then waited 3.0 s')).toBeTruthy()
  expect(screen.getByText(/^next try in 2 m$/)).toBeTruthy()
})
