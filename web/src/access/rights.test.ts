import { expect, test } from 'vitest'

import { atLeast, mayGive, rightsOf, ROLES } from './rights'
import { session } from './testing'

test('a role may do what the ones before it may, and nothing of the ones after it', () => {
  for (const [mine, role] of ROLES.entries()) {
    const can = rightsOf(session({ role }))
    expect(ROLES.filter((least) => can('jobs', least))).toEqual(ROLES.slice(0, mine + 1))
  }
})

test('who is a member no more may do nothing', () => {
  const can = rightsOf(session({ role: null }))
  expect(can('jobs', 'viewer', 'read')).toBe(false)
  expect(atLeast(null, 'viewer')).toBe(false)
})

test('only an admin of the instance has what is theirs, whatever the role', () => {
  expect(rightsOf(session({ role: 'owner' }))('tenants', 'instance')).toBe(false)
  expect(rightsOf(session({ role: 'viewer', instance_admin: true }))('tenants', 'instance')).toBe(true)
})

test('a scope narrows: its area, and its way', () => {
  const can = rightsOf(session({ kind: 'key', role: 'owner', scopes: ['jobs:write', 'runs:read'] }))
  expect(can('jobs', 'operator')).toBe(true)
  expect(can('runs', 'viewer', 'read')).toBe(true)
  expect(can('runs', 'operator')).toBe(false)
  expect(can('secrets', 'editor')).toBe(false)
})

test('a suspended tenant is changed by nobody', () => {
  const can = rightsOf(session({ role: 'owner', tenant: { id: 't', name: 'T', suspended: true } }))
  expect(can('jobs', 'operator')).toBe(false)
  expect(can('jobs', 'viewer', 'read')).toBe(true)
})

test('nobody gives a role above their own', () => {
  expect(mayGive('operator')).toEqual(['viewer', 'operator'])
  expect(mayGive('owner')).toEqual(ROLES)
  expect(mayGive(null)).toEqual([])
})
