import { expect, test } from 'vitest'

import { fieldsOf, freshName, withField, withName, withoutField } from './inputFields'

const schema = {
  type: 'object',
  required: ['email'],
  properties: {
    email: { type: 'string', format: 'email', description: 'Where to write' },
    lines: { type: 'array', items: { type: 'integer' } },
  },
}

test('a schema is read as rows', () => {
  expect(fieldsOf(schema)).toEqual([
    { name: 'email', type: 'string', description: 'Where to write', required: true },
    { name: 'lines', type: 'array', description: '', required: false },
  ])
  expect(fieldsOf(undefined)).toEqual([])
})

test('what rows cannot show is no rows', () => {
  expect(fieldsOf({ type: 'array' })).toBeNull()
  expect(fieldsOf({ properties: { a: { type: ['string', 'null'] } } })).toBeNull()
  expect(fieldsOf({ properties: { a: true } })).toBeNull()
})

test('a change of one field keeps what rows do not show', () => {
  const next = withField(schema, 'email', { description: '', required: false })
  expect(next).toEqual({
    type: 'object',
    properties: { email: { type: 'string', format: 'email' }, lines: schema.properties.lines },
  })
})

test('a new field makes a schema of an object', () => {
  expect(withField(undefined, 'a', { type: 'string', required: true })).toEqual({
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
  })
})

test('a field is renamed in its place, and what requires it follows', () => {
  const next = withName(schema, 'email', 'mail')
  expect(Object.keys(next['properties'] as object)).toEqual(['mail', 'lines'])
  expect(next['required']).toEqual(['mail'])
  expect(withoutField(next, 'mail')['required']).toBeUndefined()
})

test('a new name is free', () => {
  expect(freshName([{ name: 'field_2', type: '', description: '', required: false }])).toBe('field_3')
})
