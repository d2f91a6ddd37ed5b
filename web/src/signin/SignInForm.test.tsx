// @vitest-environment jsdom
import { cleanup, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'

import { answering, shown, type Answer, type Call } from '../runs/testing'
import { SignInForm } from './SignInForm'

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

const given = { email: 'ada@example.com', password: 'a password of ada’s' }
const code = [{ path: 'code', message: 'is needed' }]

async function typed(onSignedIn = vi.fn()) {
  await shown(<SignInForm onSignedIn={onSignedIn} />)
  await userEvent.type(screen.getByLabelText('Email address'), ` ${given.email} `)
  await userEvent.type(screen.getByLabelText('Password'), given.password)
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  return onSignedIn
}

test('the code is asked for only once the password is right, and sent along with it', async () => {
  const calls = answering({
    'POST /api/v1/session': ({ body }: Call): Answer =>
      typeof body === 'object' && body !== null && 'code' in body
        ? {}
        : { status: 401, problem: { title: 'Unauthorized', errors: code } },
  })
  const onSignedIn = await typed()
  await userEvent.type(await screen.findByLabelText('One-time code'), '123456')
  expect(screen.queryByRole('alert')).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Confirm' }))
  await vi.waitFor(() => expect(onSignedIn).toHaveBeenCalledOnce())
  expect(calls.map(({ body }) => body)).toEqual([given, { ...given, code: '123456' }])
})

test('a wrong password is told, and asks for no code', async () => {
  answering({
    'POST /api/v1/session': { status: 401, problem: { title: 'Unauthorized', detail: 'Wrong.', errors: [] } },
  })
  const onSignedIn = await typed()
  expect((await screen.findByRole('alert')).textContent).toBe('Wrong.')
  expect(screen.queryByLabelText('One-time code')).toBeNull()
  expect(onSignedIn).not.toHaveBeenCalled()
})

test('held back, nothing is sent until the time is over', async () => {
  const fetched = vi.fn(() =>
    Promise.resolve(new Response('{"title":"Too many"}', { status: 429, headers: { 'Retry-After': '75' } })),
  )
  vi.stubGlobal('fetch', fetched)
  await typed()
  expect((await screen.findByText(/^Again in 1:1[45] min$/)).textContent).toBeTruthy()
  expect(screen.getByRole('button', { name: 'Sign in' })).toHaveProperty('disabled', true)
  await userEvent.type(screen.getByLabelText('Password'), '{Enter}')
  expect(fetched).toHaveBeenCalledOnce()
})
