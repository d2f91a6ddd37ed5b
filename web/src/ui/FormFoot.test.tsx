// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'

import { Problem } from '../api/http'
import { Refusal } from './FormFoot'
import { ErrorState } from './states'

afterEach(cleanup)

const told = (path: string, message: string) => {
  render(<Refusal error={new Problem(422, 'Not valid', '', [{ path, message }])} />)
  return screen.getByRole('alert').textContent
}

test.each([
  ['code', 'the code is wrong', 'The code is wrong'],
  ['password', 'is wrong', 'The password is wrong'],
  ['connection.host', 'is required', 'connection.hostis required'],
])('what is wrong with %s is a sentence, or names its place', (path, message, text) => {
  expect(told(path, message)).toBe(text)
})

test('who may not see a page is told whom to ask, not to try again', () => {
  const error = new Problem(403, 'Forbidden', 'This needs an admin of the instance.')
  render(<ErrorState error={error} retry={() => undefined} />)
  expect(screen.getByRole('alert').textContent).toContain('Ask an admin of the instance')
  expect(screen.queryByRole('button')).toBeNull()
})
