// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'

import { Problem } from '../api/http'
import { readRate } from './depth'
import { EditableCell } from './EditableCell'

afterEach(cleanup)

function shown(save: (value: string | null) => Promise<unknown>, text = '10/1s') {
  render(
    <EditableCell
      label="Rate of mail"
      text={text}
      none="no limit"
      placeholder="100/1m"
      read={readRate}
      save={save}
    />,
  )
  return userEvent.click(screen.getByRole('button', { name: `Rate of mail: ${text}; edit` }))
}

const field = () => screen.getByRole('textbox', { name: 'Rate of mail' })

test('Enter saves what was typed, and the focus returns', async () => {
  const save = vi.fn(() => Promise.resolve())
  await shown(save)
  await userEvent.clear(field())
  await userEvent.type(field(), '5/1m{Enter}')
  expect(save).toHaveBeenCalledExactlyOnceWith('5/1m')
  expect(document.activeElement?.getAttribute('aria-label')).toContain('Rate of mail')
})

test('nothing lifts the limit', async () => {
  const save = vi.fn(() => Promise.resolve())
  await shown(save)
  await userEvent.clear(field())
  await userEvent.type(field(), '{Enter}')
  expect(save).toHaveBeenCalledExactlyOnceWith(null)
})

test('what is typed wrongly is told at the field and not sent', async () => {
  const save = vi.fn(() => Promise.resolve())
  await shown(save)
  await userEvent.clear(field())
  await userEvent.type(field(), 'fast{Enter}')
  expect(save).not.toHaveBeenCalled()
  expect(field().getAttribute('aria-invalid')).toBe('true')
  const about = document.getElementById(field().getAttribute('aria-describedby') ?? '')
  expect(about?.textContent).toContain('such as 100/1m')
})

test('what the server refuses is told in its words', async () => {
  const refused = new Problem(422, 'Not valid', 'whole', [{ path: 'rate', message: 'too much' }])
  await shown(() => Promise.reject(refused))
  await userEvent.clear(field())
  await userEvent.type(field(), '9/1s{Enter}')
  expect((await screen.findByRole('alert')).textContent).toBe('too much')
})

test('Escape takes back, and leaving without a change sends nothing', async () => {
  const save = vi.fn(() => Promise.resolve())
  await shown(save)
  await userEvent.type(field(), '9{Escape}')
  expect(screen.queryByRole('textbox')).toBeNull()
  await userEvent.click(screen.getByRole('button'))
  await userEvent.tab()
  expect(screen.queryByRole('textbox')).toBeNull()
  expect(save).not.toHaveBeenCalled()
})

test('Enter without a change closes the field and leaves it closed', async () => {
  const save = vi.fn(() => Promise.resolve())
  await shown(save)
  await userEvent.type(field(), '{Enter}')
  expect(screen.queryByRole('textbox')).toBeNull()
  expect(document.activeElement?.getAttribute('aria-label')).toContain('Rate of mail')
  expect(save).not.toHaveBeenCalled()
})
