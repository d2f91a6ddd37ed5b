import { expect, test } from 'vitest'

import { completeExpression, completeTemplate, type Words } from './completions'
import { group, merged, nameOfSchema, nameOfValue } from './names'

const words: Words = {
  names: [
    nameOfSchema('input', {
      type: 'object',
      properties: { email: { type: 'string', description: 'Where to write' }, lines: { type: 'array' } },
    }),
    group('nodes', 'Nodes before this one', () => [
      nameOfValue('score', { output: { 'X-Grade': 1, points: [{ value: 3 }] }, error: null }),
    ]),
  ],
  functions: [
    { name: 'size', signature: 'size(value)', description: 'How many', method: false },
    { name: 'trim', signature: 'text.trim()', description: 'Without spaces', method: true },
    { name: 'math.ceil', signature: 'math.ceil(number)', description: 'Up', method: false },
  ],
}

function offered(text: string, asked = false) {
  const [before = '', after = ''] = text.split('|')
  const found = completeExpression(before + after, before.length, asked, words)
  return found?.options.map(({ label }) => label)
}

test('names and functions at the beginning, and after an operator', () => {
  expect(offered('|')).toEqual(['input', 'nodes', 'size', 'math.ceil', 'true', 'false', 'null'])
  expect(offered('1 + i|')).toContain('input')
})

test('fields of what stands before the dot, with what is known of them', () => {
  expect(offered('input.|')).toEqual(['email', 'lines'])
  expect(offered('nodes.|')).toEqual(['score'])
  expect(offered('nodes.score.output.|')).toEqual(['X-Grade', 'points'])
  expect(offered('nodes["score"].output.points[0].v|')).toEqual(['value'])
  const found = completeExpression('input.', 6, false, words)
  expect(found?.options[0]).toMatchObject({ detail: 'string', info: 'Where to write' })
})

test('a text or a list has methods', () => {
  expect(offered('input.email.|')).toEqual(['trim'])
  expect(offered('size(input.x).|')).toEqual(['trim'])
})

test('a namespace has its functions', () => {
  expect(offered('math.c|')?.[0]).toBe('ceil')
})

test('a key that is no name is put in brackets, over the dot', () => {
  const found = completeExpression('nodes.score.output.', 19, false, words)
  expect(found?.options[0]).toMatchObject({ label: 'X-Grade', apply: '["X-Grade"]', over: 1 })
})

test('nothing inside quotes, nor unasked after a finished word', () => {
  expect(offered('"input.|"')).toBeUndefined()
  expect(offered("input.email == 'a|")).toBeUndefined()
  expect(offered('input.email |')).toBeUndefined()
  expect(offered('input.email |', true)).toContain('nodes')
})

test('a template completes inside its braces alone', () => {
  const text = 'Dear {{ input. }}, hello'
  expect(completeTemplate(text, 14, false, words)).toMatchObject({ from: 14 })
  expect(completeTemplate(text, 14, false, words)?.options.map(({ label }) => label)).toEqual([
    'email',
    'lines',
  ])
  expect(completeTemplate(text, 3, false, words)).toBeNull()
  expect(completeTemplate(text, 3, true, words)?.options[0]).toMatchObject({ apply: '{{  }}', back: 3 })
})

test('schema and values are one', () => {
  const both = merged(
    nameOfSchema('input', { type: 'object', properties: { email: { type: 'string', title: 'Mail' } } }),
    nameOfValue('input', { email: 'ada@example.com', extra: 1 }),
  )
  expect(both.children?.().map(({ name }) => name)).toEqual(['email', 'extra'])
  expect(both.children?.()[0]).toMatchObject({ info: 'Mail', detail: '"ada@example.com"' })
})
