// @vitest-environment jsdom
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router'
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useReducer } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import type { JobRecord } from '../api/jobs'
import { JobTable } from './JobTable'
import { NOTHING, step, type Selection, type Step } from './selection'

const jobs = ['job-000000000a', 'job-000000000b', 'job-000000000c'].map((id) => ({ id }) as JobRecord)
const COLUMNS = [{ key: 'id', title: 'Id', cell: (job: JobRecord) => job.id }]

function Listed({ choosing }: { choosing: boolean }) {
  const ids = jobs.map((job) => job.id)
  const [selection, act] = useReducer((now: Selection, action: Step) => step(now, ids, action), NOTHING)
  return <JobTable {...{ jobs, selection, act, choosing }} label="Jobs" noun="job" columns={COLUMNS} />
}

function listed(choosing = true) {
  const root = createRootRoute()
  const list = createRoute({
    getParentRoute: () => root,
    path: '/jobs',
    component: () => <Listed choosing={choosing} />,
  })
  const one = createRoute({ getParentRoute: () => root, path: '/jobs/$id', component: () => null })
  const router = createRouter({
    routeTree: root.addChildren([list, one]),
    history: createMemoryHistory({ initialEntries: ['/jobs'] }),
  })
  render(<RouterProvider router={router as never} />)
  return router
}

beforeEach(() => {
  Element.prototype.scrollIntoView = vi.fn()
  window.scrollTo = vi.fn()
})
afterEach(cleanup)

/** A busy machine takes its time. */
const PATIENCE = 4_000

const chosen = () =>
  screen
    .getAllByRole<HTMLInputElement>('checkbox')
    .slice(1)
    .map((box) => box.checked)
/** The row itself: the page's body holds the text of every row. */
const hasFocus = (text: string) =>
  vi.waitFor(() => {
    expect(document.activeElement?.tagName).toBe('TR')
    expect(document.activeElement?.textContent).toContain(text)
  }, PATIENCE)

test('j and k walk, x chooses, shift extends, Escape lets go', async () => {
  listed()
  await screen.findByRole('table', { name: 'Jobs' })
  await userEvent.keyboard('j')
  await hasFocus('0a')
  await userEvent.keyboard('jk{ArrowDown}')
  await hasFocus('0b')
  await userEvent.keyboard('x')
  expect(chosen()).toEqual([false, true, false])
  await userEvent.keyboard('{Shift>}{ArrowDown}{/Shift}')
  await hasFocus('0c')
  expect(chosen()).toEqual([false, true, true])
  await userEvent.keyboard('{Escape}')
  expect(chosen()).toEqual([false, false, false])
})

test('Enter opens the row that the keyboard stands on', async () => {
  const router = listed()
  await screen.findByRole('table')
  await userEvent.keyboard('jj')
  await hasFocus('0b')
  await userEvent.keyboard('{Enter}')
  await vi.waitFor(() => expect(router.state.location.pathname).toBe('/jobs/job-000000000b'), PATIENCE)
})

test('the box of the head chooses what is listed; a box in a row does not open it', async () => {
  const router = listed()
  await userEvent.click(await screen.findByRole('checkbox', { name: 'Choose every job listed' }))
  expect(chosen()).toEqual([true, true, true])
  await userEvent.click(screen.getByRole('checkbox', { name: 'Choose job …0000000b' }))
  expect(chosen()).toEqual([true, false, true])
  expect(router.state.location.pathname).toBe('/jobs')
})

test('a key that something else has taken moves nothing', async () => {
  const take = (event: KeyboardEvent) => event.preventDefault()
  window.addEventListener('keydown', take)
  listed()
  await screen.findByRole('table')
  await userEvent.keyboard('jx')
  window.removeEventListener('keydown', take)
  expect(document.activeElement).toBe(document.body)
  expect(chosen()).toEqual([false, false, false])
})

test('who can do nothing to jobs has no boxes, and x chooses nothing', async () => {
  listed(false)
  await screen.findByRole('table', { name: 'Jobs' })
  await userEvent.keyboard('jx')
  await hasFocus('0a')
  expect(screen.queryAllByRole('checkbox')).toEqual([])
  expect(document.querySelector('[aria-selected]')).toBeNull()
})
