import { expect, test } from 'vitest'

import { readJson, writeJson } from '../api/exactJson'
import type { Json } from '../api/types'
import { convert, modeOf } from './anyValue'
import { inForm, variantFor } from './controls/VariantsControl'
import { moved, removed, renamed, reordered, replaced } from './lists'
import { isUnder, messagesUnder, placeIn } from './paths'
import { withKey } from './place'
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

test('a changed list keeps how its numbers are written', () => {
  const list = readJson('[1.0, 2, 3.0]') as Json[]
  expect(writeJson(moved(list, 2, 0))).toBe(writeJson(readJson('[3.0, 1.0, 2]')))
  expect(writeJson(removed(list, 1))).toBe(writeJson(readJson('[1.0, 3.0]')))
  expect(writeJson(replaced(list, 0, 7))).toBe(writeJson(readJson('[7, 2, 3.0]')))
  const pairs = readJson('{"a": 1.0, "b": 2}') as { [key: string]: Json }
  expect(writeJson(renamed(pairs, 'a', 'x'))).toBe(writeJson(readJson('{"x": 1.0, "b": 2}')))
  expect(writeJson(withKey(pairs, 'b', undefined))).toBe(writeJson(readJson('{"a": 1.0}')))
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
