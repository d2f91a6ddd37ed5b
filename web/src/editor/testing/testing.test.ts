import { afterEach, expect, it } from 'vitest'

import { writeJson } from '../../api/exactJson'
import type { Definition, Run } from '../../api/types'
import { pinned, remember, remembered, reread, unpinned } from './memory'
import { nodeTest, wholeTest } from './request'

const definition: Definition = {
  holdfast: 1,
  name: 'a',
  input: { type: 'object', properties: { amount: { type: 'number', examples: [7] } } },
  nodes: [
    { id: 'one', type: 'noop' },
    { id: 'two', type: 'noop' },
  ],
}

// Node has no such storage, and jsdom isn't needed for more than this.
const store = new Map<string, string>()
Object.defineProperty(globalThis, 'localStorage', {
  configurable: true,
  value: {
    getItem: (key: string) => store.get(key) ?? null,
    setItem: (key: string, text: string) => {
      if (text.length > 1_000) throw new Error('full')
      store.set(key, text)
    },
  },
})

afterEach(() => {
  store.clear()
  reread()
})

it('remembers pins and the input over a reload', () => {
  remember('a', pinned({ pins: {}, input: { amount: 1 } }, 'one', { n: 2 }))
  reread()
  expect(remembered('a')).toEqual({ pins: { one: { n: 2 } }, input: { amount: 1 } })
  remember('a', unpinned(remembered('a'), 'one'))
  reread()
  expect(remembered('a').pins).toEqual({})
  expect(remembered('b').pins).toEqual({})
})

it.each(['nonsense', '[]', '{"pins":[]}', 'null'])('takes %j in the storage for nothing', (text) => {
  store.set('holdfast.testing.a', text)
  expect(remembered('a')).toEqual({ pins: {} })
})

it('keeps what the storage has no room for while the page is open', () => {
  remember('a', { pins: { one: 'x'.repeat(2_000) } })
  expect(Object.keys(remembered('a').pins)).toEqual(['one'])
})

it('tries the whole document with an example input and the pins that are still nodes', () => {
  expect(wholeTest(definition, { pins: { one: 1, gone: 2 } })).toEqual({
    definition,
    input: { amount: 7 },
    pins: { one: 1 },
  })
  expect(wholeTest(definition, { pins: {}, input: null }).input).toBeNull()
})

it('tries one node without its own pin, on the values of the run before', () => {
  const memory = { pins: { one: 1, two: 2 } }
  expect(nodeTest(definition, memory, 'two', { id: 'r1' } as Run)).toEqual({
    definition,
    pins: { one: 1 },
    only: 'two',
    run: 'r1',
  })
  expect(nodeTest(definition, memory, 'two', null)).toMatchObject({ input: { amount: 7 } })
})

it('sends numbers as they are written', () => {
  store.set('holdfast.testing.a', '{"pins":{"one":{"rate":1.0}},"input":{"id":9007199254740993}}')
  const request = wholeTest(definition, remembered('a'))
  expect(writeJson(request.pins)).toBe('{"one":{"rate":1.0}}')
  expect(writeJson(request.input)).toBe('{"id":9007199254740993}')
})
