import { expect, test } from 'vitest'

import type { Json } from '../api/types'
import { summaryOf } from './summary'

test.each<[string, { [key: string]: Json }, string]>([
  ['http.request', { method: 'POST', url: 'https://crm.example.com/enrich' }, 'POST crm.example.com/enrich'],
  ['http.request', { url: 'http://x' }, 'GET x'],
  ['email.send', { to: ['a@x', 'b@x'] }, 'to a@x, b@x'],
  ['if', { condition: 'input.a >\n  1' }, 'input.a > 1'],
  ['delay', { for: '30s' }, 'for 30s'],
  ['transform', { value: { a: 1, b: 2 } }, 'a, b'],
  ['transform', { value: '{{ input }}' }, '{{ input }}'],
  ['log', { message: { not: 'text' } }, ''],
  ['email.send', {}, ''],
  ['somebodys.own', { to: 'x' }, ''],
])('%s %j', (type, params, line) => {
  expect(summaryOf({ id: 'a', type, params })).toBe(line)
})

test('a long line is cut', () => {
  const line = summaryOf({ id: 'a', type: 'log', params: { message: 'x'.repeat(500) } })
  expect(line).toHaveLength(80)
  expect(line.endsWith('…')).toBe(true)
})
