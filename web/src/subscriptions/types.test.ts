import { expect, test } from 'vitest'

import { nameOf, typesIn } from './types'

test.each([
  ['order.*, job.dead', ['order.*', 'job.dead']],
  [' order.*\norder.* ;x ', ['order.*', 'x']],
  ['  ', []],
])('%j', (text, types) => {
  expect(typesIn(text)).toEqual(types)
})

test('a subscription is called by its title, else by its host', () => {
  expect(nameOf({ title: 'CRM', url: 'https://crm.example.com/x' })).toBe('CRM')
  expect(nameOf({ title: '', url: 'https://crm.example.com:8443/x' })).toBe('crm.example.com:8443')
  expect(nameOf({ title: '', url: 'no address' })).toBe('no address')
})
