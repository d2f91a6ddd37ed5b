import { expect, test } from 'vitest'

import type { Definition } from '../../api/types'
import type { Kind } from '../../editor/contract'
import { align, arrange, distribute } from './arrange'
import { neighbour } from './direction'
import { graphAt, nodeAt, without } from './document'
import { kinds, nested } from './fixtures'
import { freshId } from './ids'
import { addNode, bypass, freePlace, moveNodes, placeAfter, removeNodes, setNote } from './nodes'
import { positionsOf } from './places'

const kindOf = (type: string) => kinds.get(type) as Kind

test('a new node has an id of its own in the whole document and its place on the grid', () => {
  const first = addNode(nested, [], kindOf('http.request'), { x: 101, y: 57 }, kinds)
  const second = addNode(first.definition, ['people'], kindOf('http.request'), { x: 0, y: 0 }, kinds)
  expect([first.id, second.id]).toEqual(['http_request', 'http_request_2'])
  expect(first.definition.layout?.[first.id]).toEqual({ x: 100, y: 60 })
  expect(nodeAt(second.definition, ['people', second.id])?.type).toBe('http.request')
})

test('it starts with the defaults that its kind requires, a map with an empty body', () => {
  const delay = addNode(nested, [], kindOf('delay'), { x: 0, y: 0 }, kinds)
  expect(nodeAt(delay.definition, [delay.id])?.params).toEqual({ for: '1m' })
  const map = addNode(nested, [], kindOf('map'), { x: 0, y: 0 }, kinds)
  expect(nodeAt(map.definition, [map.id])?.params).toEqual({ body: { nodes: [], edges: [] } })
})

test('after a node, it is connected to its free port; a refused connection leaves it alone', () => {
  const at = placeAfter(nested, [], 'done', kinds)
  const { definition, id } = addNode(nested, [], kindOf('log'), at, kinds, { from: 'done' })
  expect(definition.edges?.at(-1)).toEqual({ from: 'done', to: id })
  expect(at.x).toBeGreaterThan(600 + 196)
  const wrong = addNode(nested, [], kindOf('log'), at, kinds, { from: 'done', port: 'nope' })
  expect(wrong.definition.edges).toHaveLength(2)
})

test('a place that is taken moves down until it is free', () => {
  const at = freePlace(nested, [], { x: 300, y: 10 }, kinds)
  expect(at.x).toBe(300)
  expect(at.y).toBeGreaterThan(76)
})

test('removing a node takes its edges, its place and those of its body', () => {
  const placed = { ...nested, layout: { ...nested.layout, lookup: { x: 1, y: 1 } } }
  const next = removeNodes(placed, [], new Set(['people']))
  expect(next.nodes?.map(({ id }) => id)).toEqual(['fetch', 'done'])
  expect(next.edges).toEqual([])
  expect(Object.keys(next.layout ?? {})).toEqual(['fetch', 'done'])
  expect(removeNodes(nested, [], new Set(['nobody']))).toBe(nested)
})

test('a node can be taken out of its line', () => {
  expect(bypass(nested, [], 'people', kinds).edges).toEqual([{ from: 'fetch', to: 'done' }])
})

test('moving one node of a graph without layout keeps the others where they are drawn', () => {
  const bare = without(nested, 'layout')
  const before = positionsOf(bare, [])
  const next = moveNodes(bare, [], { done: { x: 7.4, y: 9.6 } })
  expect(next.layout).toEqual({ ...before, done: { x: 7, y: 10 } })
})

test('a node without a place stands below, and no other moves', () => {
  const next: Definition = { ...nested, nodes: [...(nested.nodes ?? []), { id: 'extra', type: 'log' }] }
  const places = positionsOf(next, [])
  expect(places).toMatchObject({ ...nested.layout })
  expect(places['extra']?.y).toBeGreaterThan(76)
})

test('a note is kept with its node, an empty one is none', () => {
  const noted = setNote(nested, ['fetch'], 'why')
  expect(nodeAt(noted, ['fetch'])?.notes).toBe('why')
  expect(nodeAt(setNote(noted, ['fetch'], ''), ['fetch'])).not.toHaveProperty('notes')
})

test('fresh ids count on, stay short and are never words of the language', () => {
  expect(freshId('log', new Set(['log', 'log_2']))).toBe('log_3')
  expect(freshId('log_2', new Set(['log_2']))).toBe('log_3')
  expect(freshId('in', new Set())).toBe('in_')
  expect(freshId('9 lives', new Set())).toBe('n_9_lives')
  expect(freshId('x'.repeat(80), new Set(['x'.repeat(63)]))).toHaveLength(63)
})

const spread: Definition = {
  ...nested,
  layout: { fetch: { x: 0, y: 0 }, people: { x: 300, y: 50 }, done: { x: 1000, y: 200 } },
}
const all = ['fetch', 'people', 'done']

test('aligned nodes share a line', () => {
  expect(Object.values(align(spread, [], all, 'top', kinds).layout ?? {}).map(({ y }) => y)).toEqual([
    0, 0, 0,
  ])
  expect(Object.values(align(spread, [], all, 'right', kinds).layout ?? {}).map(({ x }) => x)).toEqual([
    1000, 1000, 1000,
  ])
  expect(align(spread, [], ['fetch'], 'top', kinds)).toBe(spread)
})

test('distributed nodes have the same gap, the outermost ones stay', () => {
  expect(distribute(spread, [], all, 'x', kinds).layout).toMatchObject({
    fetch: { x: 0 },
    people: { x: 500 },
    done: { x: 1000 },
  })
})

test('arranged, every edge leads to the right and nodes outside of the choice stay', () => {
  const places = positionsOf(arrange(spread, [], [], kinds), [])
  for (const edge of graphAt(spread).edges) {
    expect(places[edge.to]?.x).toBeGreaterThan((places[edge.from]?.x ?? Infinity) + 196)
  }
  const two = arrange(spread, [], ['fetch', 'people'], kinds)
  expect(two.layout?.['done']).toEqual({ x: 1000, y: 200 })
})

test('an arrow key leads to the nearest node in its direction', () => {
  const nodes = ['a', 'b', 'c', 'd'].map((id, index) => ({
    id,
    position: { x: index * 300, y: index === 2 ? 200 : 0 },
  }))
  expect(neighbour(nodes, 'a', 'right')).toBe('b')
  expect(neighbour(nodes, 'c', 'up')).toBe('b')
  expect(neighbour(nodes, 'a', 'left')).toBeNull()
  expect(neighbour(nodes, 'gone', 'left')).toBeNull()
})
