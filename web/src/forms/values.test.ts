import { expect, test } from 'vitest'

import { convert, modeOf } from './anyValue'
import { renamed, reordered } from './controls/pairs'
import { inForm, variantFor } from './controls/VariantsControl'
import { isUnder, messagesUnder, placeIn } from './paths'
import { scalarOf } from './scalars'
import { secretIn, secretText } from './useSecretNames'

test('the type of a value is its mode; without one the examples say', () => {
  expect(modeOf('a', 'data')).toBe('text')
  expect(modeOf({ a: 1 }, 'text')).toBe('fields')
  expect(modeOf([], 'text')).toBe('list')
  expect(modeOf(null, 'text')).toBe('null')
  expect(modeOf(undefined, 'data')).toBe('fields')
  expect(modeOf(undefined, 'text')).toBe('text')
})

test('another type keeps what it can', () => {
  expect(convert(5, 'text')).toBe('5')
  expect(convert('5 EUR', 'number')).toBe(5)
  expect(convert('x', 'number')).toBe(0)
  expect(convert('a', 'list')).toEqual(['a'])
  expect(convert({ a: 1 }, 'fields')).toEqual({ a: 1 })
  expect(convert({ a: 1 }, 'text')).toBe('')
  expect(convert('true', 'boolean')).toBe(true)
})

test('a typed text is the first type that fits', () => {
  expect(scalarOf('404', ['integer', 'string'], undefined)).toBe(404)
  expect(scalarOf('4xx', ['integer', 'string'], undefined)).toBe('4xx')
  expect(scalarOf('5', ['string', 'number'], undefined)).toBe('5')
  expect(scalarOf('6', ['string', 'number'], 5)).toBe(6)
  expect(scalarOf('6x', ['string', 'number'], 5)).toBe('6x')
})

test('a value is drawn by the variant that has its form', () => {
  const variants = [
    { label: 'Value', type: 'scalar', schema: {} },
    { label: 'List', type: 'array', schema: {} },
  ]
  expect(variantFor(variants, undefined)?.label).toBe('Value')
  expect(variantFor(variants, ['a'])?.label).toBe('List')
  expect(variantFor(variants, { a: 1 })).toBeUndefined()
  expect(inForm('a', 'array')).toEqual(['a'])
  expect(inForm(['a', 'b'], 'scalar')).toBe('a')
})

test('keys keep their place when they are renamed, and take another when moved', () => {
  expect(Object.keys(renamed({ a: 1, b: 2, c: 3 }, 'b', 'x'))).toEqual(['a', 'x', 'c'])
  expect(Object.keys(reordered({ a: 1, b: 2, c: 3 }, 2, 0))).toEqual(['c', 'a', 'b'])
})

test('problems belong to their field and to what is around it', () => {
  expect(isUnder('nodes[1].params.url', 'nodes[1].params')).toBe(true)
  expect(isUnder('nodes[10].params', 'nodes[1]')).toBe(false)
  expect(isUnder('nodes[1].params.urls', 'nodes[1].params.url')).toBe(false)
  const problems = [
    { path: 'a.value', message: 'is wrong' },
    { path: 'a.value.b[0]', message: 'is worse' },
  ]
  expect(messagesUnder(problems, 'a.value')).toEqual(['is wrong', 'b[0]: is worse'])
  expect(placeIn("unknown name 'foo', at character 4")).toBe(3)
  expect(placeIn('is required')).toBeNull()
})

test('a secret is known by its name alone', () => {
  expect(secretIn(secretText('CRM'))).toBe('CRM')
  expect(secretIn('Bearer {{ secrets.CRM }}')).toBeNull()
})
