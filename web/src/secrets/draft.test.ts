import { expect, test } from 'vitest'

import type { Secret } from '../api/secrets'
import { boundWords, draftOf, staysIn, typedOf } from './draft'

const MAIL: Secret = {
  name: 'MAIL',
  type: 'smtp',
  description: 'Of the shop',
  hosts: ['smtp.example.com'],
  kinds: ['email.send'],
  fields: { host: 'smtp.example.com', port: 587, user: 'ada' },
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
}

test('a new one is a text that is bound to nothing', () => {
  expect(draftOf({ ...typedOf(null), name: 'A', value: ' s3cr3t ' })).toEqual({
    value: ' s3cr3t ',
    description: '',
    hosts: null,
    kinds: null,
  })
})

test('a connection keeps what isn’t confidential, and sends its type along', () => {
  const typed = typedOf(MAIL)
  expect(typed.value).toBe('')
  expect(draftOf({ ...typed, connection: { ...typed.connection, password: 'new' } })).toEqual({
    connection: { host: 'smtp.example.com', port: 587, user: 'ada', password: 'new', type: 'smtp' },
    description: 'Of the shop',
    hosts: ['smtp.example.com'],
    kinds: ['email.send'],
  })
})

test('what is confidential stays in a connection that proves itself the same way', () => {
  const typed = typedOf(MAIL)
  expect(staysIn(MAIL, typed)).toBe(true)
  expect(staysIn(MAIL, { ...typed, type: 'llm' })).toBe(false)
  expect(staysIn(MAIL, { ...typed, connection: { auth: { type: 'basic' } } })).toBe(false)
  expect(staysIn(null, typed)).toBe(false)
})

test('what it is bound to is told in a sentence', () => {
  expect(boundWords(MAIL)).toBe('only to smtp.example.com and into email.send')
  expect(boundWords({ hosts: ['a.example.com', 'b.example.com'], kinds: null })).toBe(
    'only to a.example.com, b.example.com',
  )
  expect(boundWords({ hosts: null, kinds: null })).toBeNull()
})
