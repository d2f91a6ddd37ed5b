// @vitest-environment jsdom
import { expect, test } from 'vitest'

import { session } from './testing'
import { forgetWork, sitting } from './sittings'

test('what this browser keeps of work is forgotten, how it looks is not', () => {
  localStorage.setItem('holdfast.testing.orders', '{"input":1}')
  localStorage.setItem('holdfast.theme', 'dark')
  localStorage.setItem('somebody.else', '1')
  forgetWork(localStorage)
  expect(Object.keys(localStorage).toSorted()).toEqual(['holdfast.theme', 'somebody.else'])
})

test('another person or another tenant is another sitting, another role is not', () => {
  const ada = session()
  const elsewhere = session({ tenant: { id: 'acme', name: 'Acme', suspended: false } })
  expect(sitting(session({ role: 'viewer' }))).toBe(sitting(ada))
  expect(sitting(elsewhere)).not.toBe(sitting(ada))
  expect(sitting(session({ kind: 'local', user: null, name: 'local' }))).not.toBe(sitting(ada))
})
