import { expect, test } from 'vitest'

import type { Json } from '../api/types'
import { expressedOf, fixedOf, sourceOf, templateOf, wholeExpression } from './template'

test('a whole expression is exactly one pair of braces', () => {
  expect(wholeExpression('{{ input.a }}')).toBe('input.a')
  expect(wholeExpression(' {{a}} ')).toBe('a')
  expect(wholeExpression('{{ a }} and')).toBeNull()
  expect(wholeExpression('{{ a }}{{ b }}')).toBeNull()
  expect(wholeExpression('{{ a')).toBeNull()
})

test.each<[Json, string]>([
  [5, '{{ 5 }}'],
  [true, '{{ true }}'],
  [null, '{{ null }}'],
  ['GET', '{{ "GET" }}'],
  [[1, 'a'], '{{ [1, "a"] }}'],
  [{ a: { b: -1.5 } }, '{{ {"a": {"b": -1.5}} }}'],
])('%j becomes an expression and comes back', (value, template) => {
  expect(expressedOf(value, false)).toBe(template)
  expect(fixedOf(template)).toEqual(value)
})

test('a text stays the text that it is when it may hold expressions', () => {
  expect(expressedOf('Dear Ada', true)).toBe('Dear Ada')
  expect(expressedOf('Dear {{ input.name }}', false)).toBe('Dear {{ input.name }}')
})

test('nothing stays nothing, and an empty expression is none', () => {
  expect(expressedOf(undefined, false)).toBeUndefined()
  expect(templateOf('  ')).toBeUndefined()
})

test('templates inside a value become what they hold', () => {
  expect(sourceOf({ to: '{{ input.to }}', text: 'Hi {{ input.name }}!' })).toBe(
    '{"to": input.to, "text": "Hi " + string(input.name) + "!"}',
  )
})

test('what is computed has no fixed value', () => {
  expect(fixedOf('{{ input.a }}')).toBeUndefined()
  expect(fixedOf('a {{ b }}')).toBeUndefined()
  expect(fixedOf("{{ 'x' }}")).toBe('x')
  expect(fixedOf('plain')).toBe('plain')
})
