import { expect, test } from 'vitest'

import type { Definition, Json } from '../api/types'
import { bodyIn } from './bodies'

const inner = { nodes: [{ id: 'leaf', type: 'log' }], edges: [] }
const outer = { nodes: [{ id: 'again', type: 'loop', params: { body: inner } }], edges: [] }
const definition: Definition = {
  holdfast: 1,
  name: 'nested',
  nodes: [
    { id: 'each', type: 'map', params: { body: outer as unknown as Json } },
    { id: 'odd', type: 'map', params: { body: 'none' } },
  ],
}

test('a body is found at any depth, as a definition of its own', () => {
  expect(bodyIn(definition, 'each')?.nodes?.map(({ id }) => id)).toEqual(['again'])
  expect(bodyIn(definition, 'again')?.nodes?.map(({ id }) => id)).toEqual(['leaf'])
})

test('a node without a body has none', () => {
  expect(bodyIn(definition, 'odd')).toBeNull()
  expect(bodyIn(definition, 'leaf')).toBeNull()
})
