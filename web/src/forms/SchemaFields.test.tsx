// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import type { Json, ProblemEntry } from '../api/types'
import { REQUEST } from './fixtures'
import { isObject } from './place'
import { SchemaFields } from './SchemaFields'
import { SurroundingsContext } from './surroundings'

type Fields = { [key: string]: Json }

let value: Fields = {}
const tell = (fields: Fields) => {
  value = fields
}

beforeEach(() => {
  const secrets = { items: [{ name: 'CRM' }], next: null, functions: [] }
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json(secrets)))
})

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

function Form({ start }: { start: Fields }) {
  const [fields, setFields] = useState(start)
  return (
    <SchemaFields
      schema={REQUEST}
      value={fields}
      path="params"
      onChange={(next) => {
        if (!isObject(next)) return
        tell(next)
        setFields(next)
      }}
    />
  )
}

function shown(start: Fields, problems: ProblemEntry[] = []) {
  value = start
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SurroundingsContext value={{ problems, focus: null, names: () => [], trial: null }}>
        <Form start={start} />
      </SurroundingsContext>
    </QueryClientProvider>,
  )
}

test('a field is found by its title, and what is typed is its value', async () => {
  shown({})
  await userEvent.type(screen.getByLabelText(/^Address/), 'https://b.example')
  await userEvent.selectOptions(screen.getByLabelText('Method'), 'POST')
  expect(value).toEqual({ url: 'https://b.example', method: 'POST' })
  await userEvent.selectOptions(screen.getByLabelText('Method'), 'GET')
  await userEvent.clear(screen.getByLabelText(/^Address/))
  expect(value).toEqual({})
})

test('a fixed value becomes an expression and comes back', async () => {
  shown({ method: 'POST' })
  const toggle = screen.getByRole('button', { name: 'Expression for Method' })
  await userEvent.click(toggle)
  expect(value).toEqual({ method: '{{ "POST" }}' })
  expect(toggle.getAttribute('aria-pressed')).toBe('true')
  await userEvent.click(toggle)
  expect(value).toEqual({ method: 'POST' })
  expect(screen.getByLabelText<HTMLSelectElement>('Method').selectedOptions[0]?.text).toBe('POST')
})

test('of fields that exclude each other the chosen one is drawn', async () => {
  shown({ body: 'text' })
  expect(screen.getByLabelText('Text body')).toBeTruthy()
  await userEvent.selectOptions(screen.getByLabelText('Body'), 'Form body')
  expect(value).toEqual({})
  expect(screen.getByRole('group', { name: 'Form body' })).toBeTruthy()
  expect(screen.queryByLabelText('Text body')).toBeNull()
})

test('a token is a secret by its name', async () => {
  shown({ auth: { type: 'bearer' } })
  await screen.findByRole('option', { name: 'CRM' })
  await userEvent.selectOptions(screen.getByLabelText(/^Token/), 'CRM')
  expect(value).toEqual({ auth: { type: 'bearer', token: '{{ secrets.CRM }}' } })
})

test('names are taken over when their field is left', async () => {
  shown({ headers: { Accept: 'a' } })
  await userEvent.click(screen.getByRole('button', { name: 'Add another' }))
  await userEvent.type(screen.getByLabelText('Name 2 of Headers'), 'Accept')
  expect(screen.getByText('There is one of this name.')).toBeTruthy()
  await userEvent.type(screen.getByLabelText('Name 2 of Headers'), '-Language')
  await userEvent.tab()
  expect(value).toEqual({ headers: { Accept: 'a', 'Accept-Language': '' } })
})

test('a problem stands at its field, and opens the fold that it is in', () => {
  shown({}, [
    { path: 'params.url', message: 'is required' },
    { path: 'params.timeout', message: 'expected a duration' },
  ])
  const address = screen.getByLabelText(/^Address/)
  expect(address.getAttribute('aria-invalid')).toBe('true')
  expect(screen.getByText('is required')).toBeTruthy()
  expect(screen.getByLabelText('Timeout').getAttribute('aria-invalid')).toBe('true')
})
