import { expect, test } from 'vitest'

import { offersOf, scopesOf, scopeWords } from './scopes'

const KNOWN = ['runs:read', 'jobs:read', 'jobs:write', 'runs:write', 'secrets:write', 'audit:read']

test('writing brings reading with it, and what is at none is left out', () => {
  expect(scopesOf({ jobs: 'write', runs: 'read', secrets: 'none' }, KNOWN)).toEqual([
    'jobs:read',
    'jobs:write',
    'runs:read',
  ])
  expect(scopesOf({}, KNOWN)).toEqual([])
})

test('only what there is can be chosen', () => {
  expect(offersOf(KNOWN)).toEqual([
    { area: 'audit', extents: ['none', 'read'] },
    { area: 'jobs', extents: ['none', 'read', 'write'] },
    { area: 'runs', extents: ['none', 'read', 'write'] },
    { area: 'secrets', extents: ['none', 'write'] },
  ])
  expect(scopesOf({ secrets: 'write', gone: 'read' }, KNOWN)).toEqual(['secrets:write'])
})

test('what a key has is told by area, in its own words', () => {
  expect(scopeWords(['runs:read', 'jobs:write', 'jobs:read', 'events:write'])).toEqual([
    'events: write',
    'jobs: read and write',
    'runs: read',
  ])
})

test('no scopes at all is another thing than not narrowed', () => {
  expect(scopeWords(null)).toBeNull()
  expect(scopeWords([])).toEqual([])
})
