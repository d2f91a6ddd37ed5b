// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'

import type { Json } from '../api/types'
import { JsonTree } from './JsonTree'

afterEach(cleanup)

function shown(value: Json) {
  return render(<JsonTree value={value} label="output" />).container
}

test('markup in a value stays text', () => {
  const container = shown({ '<b>key</b>': '<img src=x onerror=alert(1)>' })
  expect(container.querySelector('img, b')).toBeNull()
  expect(container.textContent).toContain('<img src=x onerror=alert(1)>')
  expect(container.textContent).toContain('<b>key</b>')
})

test('scalars, empty values and quotes are told apart', () => {
  expect(shown({ a: '', b: 'say "hi"', c: null, d: {}, e: [], f: 0 }).textContent).toBe(
    '{6 fields}a: ""b: "say \\"hi\\""c: nulld: {}e: []f: 0',
  )
})

test('deep parts are folded until opened', async () => {
  shown({ a: { b: { c: 'deep' } } })
  expect(screen.queryByText('"deep"')).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: /b:/ }))
  expect(screen.getByText('"deep"')).toBeTruthy()
})

test('a long list comes in parts', async () => {
  const container = shown(Array.from({ length: 250 }, (_, index) => `item-${index}`))
  expect(container.textContent).toContain('item-99"')
  expect(container.textContent).not.toContain('item-100"')
  await userEvent.click(screen.getByRole('button', { name: '… 150 more' }))
  expect(container.textContent).toContain('item-199"')
})

test('a long text is cut until asked for', async () => {
  const container = shown({ text: 'x'.repeat(5_000) })
  expect(container.textContent.length).toBeLessThan(800)
  await userEvent.click(screen.getByRole('button', { name: '… 4400 more characters' }))
  expect(container.textContent.length).toBeGreaterThan(5_000)
})

test('a field that is named for it begins folded', async () => {
  render(
    <JsonTree
      value={{ headers: { host: 'here' }, body: { total: 3 } }}
      label="trigger"
      folded={['headers']}
    />,
  )
  expect(screen.queryByText('"here"')).toBeNull()
  expect(screen.getByText('3')).toBeTruthy()
  await userEvent.click(screen.getByRole('button', { name: /headers/ }))
  expect(screen.getByText('"here"')).toBeTruthy()
})
