import { expect, test } from 'vitest'

import type { Definition } from '../../api/types'
import { everyNode, existing, graphAt, nodeAt, pathTo, withGraph, withNode } from './document'
import { nested } from './fixtures'

const ids = (definition: Definition, path: string[] = []) =>
  graphAt(definition, path).nodes.map(({ id }) => id)

test('the graph at a path is the body of the map or loop that it leads to', () => {
  expect(ids(nested)).toEqual(['fetch', 'people', 'done'])
  expect(ids(nested, ['people'])).toEqual(['lookup', 'known', 'person'])
  expect(ids(nested, ['nothing'])).toEqual([])
  expect(nodeAt(nested, ['people', 'known'])?.type).toBe('if')
})

test('every node is found with where it stands', () => {
  expect(everyNode(nested).map(({ node, path }) => [...path, node.id].join('/'))).toEqual([
    'fetch',
    'people',
    'people/lookup',
    'people/known',
    'people/person',
    'done',
  ])
  expect(pathTo(nested, 'person')).toEqual(['people', 'person'])
  expect(pathTo(nested, 'nobody')).toBeNull()
})

test('a path is cut where its nodes end', () => {
  expect(existing(nested, ['people', 'known'])).toEqual(['people', 'known'])
  expect(existing(nested, ['people', 'gone', 'deeper'])).toEqual(['people'])
})

test('another graph in a body leaves the rest of the document, and the old document, as they are', () => {
  const graph = graphAt(nested, ['people'])
  const next = withGraph(nested, ['people'], { ...graph, nodes: graph.nodes.slice(0, 1), edges: [] })
  expect(ids(next, ['people'])).toEqual(['lookup'])
  expect(ids(nested, ['people'])).toHaveLength(3)
  expect(next.nodes?.[0]).toBe(nested.nodes?.[0])
  expect(nodeAt(next, ['people'])?.params).toMatchObject({
    items: '{{ nodes.fetch.output.json }}',
    body: { output: '{{ nodes.person.output }}' },
  })
})

test('a change of one node is made on any level; one of a missing node is none', () => {
  const next = withNode(nested, ['people', 'known'], (node) => ({ ...node, title: 'Known?' }))
  expect(nodeAt(next, ['people', 'known'])?.title).toBe('Known?')
  expect(withNode(nested, ['people', 'nobody'], (node) => node)).toBe(nested)
})

const stepped: Definition = {
  holdfast: 1,
  name: 'steps',
  steps: [
    { id: 'a', type: 'log' },
    {
      parallel: [
        { id: 'b', type: 'log' },
        {
          steps: [
            { id: 'c', type: 'log' },
            { id: 'd', type: 'log' },
          ],
        },
      ],
    },
    { id: 'e', type: 'log' },
  ],
}

test('steps are shown as the graph that they stand for', () => {
  expect(ids(stepped)).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(
    graphAt(stepped)
      .edges.map(({ from, to }) => `${from}-${to}`)
      .sort(),
  ).toEqual(['a-b', 'a-c', 'b-e', 'c-d', 'd-e'])
})

test('and written as nodes and edges by the first change of the graph', () => {
  const next = withNode(stepped, ['c'], (node) => ({ ...node, title: 'C' }))
  expect(next.steps).toBeUndefined()
  expect(next.nodes).toHaveLength(5)
  expect(next.edges).toHaveLength(5)
})

test('what is no node or edge is not drawn and breaks nothing', () => {
  const odd = { ...nested, nodes: [null, 'x', { id: 'a' }, { id: 'b', type: 'log' }], edges: [{ from: 3 }] }
  expect(ids(odd as unknown as Definition)).toEqual(['b'])
  expect(graphAt(odd as unknown as Definition).edges).toEqual([])
})
