import { expect, test } from 'vitest'

import type { Definition } from '../../api/types'
import { nodeAt } from './document'
import { kinds, nested } from './fixtures'
import { inExpression, inTemplate } from './references'
import { rename } from './rename'

const names = new Map([['a', 'b']])

test.each([
  ['nodes.a.output', 'nodes.b.output'],
  ['nodes . a.output', 'nodes . b.output'],
  ['nodes["a"].output', 'nodes["b"].output'],
  ["nodes['a'].output == 'nodes.a'", "nodes['b'].output == 'nodes.a'"],
  ['has(nodes.a.error) && nodes.a.output > 1', 'has(nodes.b.error) && nodes.b.output > 1'],
  ['nodes.ab.output', 'nodes.ab.output'],
  ['input.nodes.a', 'input.nodes.a'],
  ['my_nodes.a', 'my_nodes.a'],
  ['"it\'s nodes.a" + nodes.a.output', '"it\'s nodes.a" + nodes.b.output'],
  ['"""nodes.a""" + r"\\" + nodes.a.output', '"""nodes.a""" + r"\\" + nodes.b.output'],
  ['1 // nodes.a\n+ nodes.a.output', '1 // nodes.a\n+ nodes.b.output'],
])('in the expression %s', (before, after) => {
  expect(inExpression(before, names)).toBe(after)
})

test('in a text only what stands in braces is an expression', () => {
  expect(inTemplate('nodes.a: {{ nodes.a.output }}, {{nodes.a.error}}', names)).toBe(
    'nodes.a: {{ nodes.b.output }}, {{nodes.b.error}}',
  )
})

test('a renamed node is followed by its edges, its place and every expression on every level', () => {
  const { definition } = rename(nested, ['fetch'], 'load', kinds)
  expect(definition?.edges?.[0]).toEqual({ from: 'load', to: 'people' })
  expect(definition?.layout).toEqual({
    load: { x: 0, y: 0 },
    people: { x: 300, y: 0 },
    done: { x: 600, y: 0 },
  })
  expect(nodeAt(definition as Definition, ['people'])?.params?.['items']).toBe('{{ nodes.load.output.json }}')
  expect(nodeAt(definition as Definition, ['people', 'lookup'])?.params?.['url']).toBe(
    '{{ nodes.load.output.json.base }}/{{ item }}',
  )
  expect(nodeAt(definition as Definition, ['done'])?.params?.['message']).toMatch(/^nodes\.fetch is done/)
})

test('so is one in a body: its bare conditions and the output of the body too', () => {
  const { definition } = rename(nested, ['people', 'lookup'], 'find', kinds)
  expect(nodeAt(definition as Definition, ['people', 'known'])?.params?.['condition']).toBe(
    'nodes.find.output.json.found',
  )
  const other = rename(nested, ['people', 'person'], 'who', kinds).definition as Definition
  expect(nodeAt(other, ['people'])?.params?.['body']).toMatchObject({ output: '{{ nodes.who.output }}' })
})

test('guards and what undoes follow', () => {
  const undone: Definition = {
    ...nested,
    nodes: [
      { id: 'a', type: 'log', compensate: 'undo' },
      { id: 'undo', type: 'log' },
      { id: 'c', type: 'log', when: 'nodes.a.output != null' },
    ],
    edges: [],
  }
  const first = rename(undone, ['undo'], 'back', kinds).definition as Definition
  expect(nodeAt(first, ['a'])?.compensate).toBe('back')
  const second = rename(undone, ['a'], 'z', kinds).definition as Definition
  expect(nodeAt(second, ['c'])?.when).toBe('nodes.z.output != null')
})

test.each([
  ['', /needs an id/],
  ['1st', /no digit first/],
  ['a-b', /Only letters/],
  ['x'.repeat(64), /63/],
  ['null', /word of the expression language/],
  ['done', /Another node/],
  ['lookup', /Another node/],
])('the id "%s" is refused', (id, why) => {
  const renamed = rename(nested, ['fetch'], id, kinds)
  expect(renamed.definition).toBeNull()
  expect(renamed.fault).toMatch(why)
})

test('the same id changes nothing, a missing node is told', () => {
  expect(rename(nested, ['fetch'], 'fetch', kinds).definition).toBe(nested)
  expect(rename(nested, ['gone'], 'x', kinds).fault).toMatch(/no such node/)
})
