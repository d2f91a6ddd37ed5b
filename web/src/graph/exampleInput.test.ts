import { expect, test } from 'vitest'

import type { Json } from '../api/types'
import { exampleInput } from './exampleInput'

test.each<[{ [key: string]: Json } | undefined, Json]>([
  [undefined, {}],
  [{}, {}],
  [{ type: 'object', properties: { email: { type: 'string' } } }, { email: '' }],
  [{ properties: { n: { type: 'integer', minimum: 3 }, ok: { type: 'boolean' } } }, { n: 3, ok: false }],
  [
    { type: 'object', properties: { plan: { enum: ['free', 'pro'] }, v: { const: 2 } } },
    { plan: 'free', v: 2 },
  ],
  [{ type: 'object', properties: { who: { type: 'string', default: 'Ada' }, any: {} } }, { who: 'Ada' }],
  [{ type: 'object', examples: [{ email: 'ada@example.com' }] }, { email: 'ada@example.com' }],
  [{ type: ['array', 'null'] }, []],
  [{ type: 'object', properties: { broken: 7 } }, {}],
])('%j → %j', (schema, input) => {
  expect(exampleInput(schema)).toEqual(input)
})

test('a deeply nested schema ends', () => {
  let schema: { [key: string]: Json } = { type: 'string' }
  for (let depth = 0; depth < 50; depth++) schema = { type: 'object', properties: { in: schema } }
  expect(JSON.stringify(exampleInput(schema)).length).toBeLessThan(100)
})
