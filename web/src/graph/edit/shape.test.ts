import { expect, test } from 'vitest'

import type { Json } from '../../api/types'
import { run } from '../fixtures'
import { kinds, nested } from './fixtures'
import { moveNodes, setNote } from './nodes'
import { editView, ENTRY, portPlaces, type Around } from './shape'
import { countsAt, troubleOf } from './troubles'

const around: Around = { kinds, problems: new Map(), run: null }

test('every port of a node is drawn, connected or not', () => {
  const view = editView(nested, ['people'], around)
  expect(view.nodes.map(({ id, ports, free }) => [id, ports, free])).toEqual([
    ['lookup', 'out,error', 'error'],
    ['known', 'true,false', 'false'],
    ['person', 'out,error', 'out,error'],
  ])
  expect(view.edges.map(({ label }) => label)).toEqual(['', 'true'])
})

test('a node is as high as its ports need', () => {
  const cases = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, 'true']))
  const many = {
    ...nested,
    nodes: [
      { id: 's', type: 'switch', params: { cases } },
      { id: 'l', type: 'log' },
    ],
  }
  const [first, second] = editView(many, [], around).nodes
  expect(first?.height).toBeGreaterThan(150)
  expect(second?.height).toBe(76)
})

test('a single port is where edges come in; those of failures stand below', () => {
  expect(portPlaces(['out', 'error'])).toEqual([ENTRY, 62])
  const places = portPlaces(['approved', 'rejected', 'timeout', 'error'])
  expect(places).toEqual([...places].sort((a, b) => a - b))
  expect(places.slice(1).every((place, index) => place - (places[index] ?? 0) >= 22)).toBe(true)
})

test('only what changed is another object', () => {
  const before = editView(nested, [], around)
  const after = editView(setNote(nested, ['fetch'], 'why'), [], around, before)
  expect(after.nodes.map((node, index) => node === before.nodes[index])).toEqual([false, true, true])
  expect(after.edges).toBe(before.edges)
  const moved = editView(moveNodes(nested, [], { done: { x: 1, y: 1 } }), [], around, before)
  expect(moved.nodes.map((node, index) => node === before.nodes[index])).toEqual([true, true, false])
  expect(editView({ ...nested }, [], around, before).nodes).toBe(before.nodes)
})

test('a map tells how many nodes are inside; in a run each node has its state', () => {
  const view = editView(nested, [], { ...around, run: run({ fetch: { state: 'SUCCEEDED' } }) })
  expect(view.nodes.map(({ inside }) => inside)).toEqual([null, 3, null])
  expect(view.nodes.map(({ state }) => state)).toEqual(['SUCCEEDED', 'PENDING', 'PENDING'])
})

test.each([
  ['nodes[0].params.url', ['fetch'], 'params.url'],
  ['nodes[1].params.body.nodes[1].params.condition', ['people', 'known'], 'params.condition'],
  ['nodes[1].params.body.edges[0].to', ['people'], 'params.body.edges[0].to'],
  ['nodes[2].params.attachments[1].name', ['done'], 'params.attachments[1].name'],
  ['nodes[0]', ['fetch'], ''],
  ['edges[0].from', [], 'edges[0].from'],
  ['name', [], 'name'],
  ['', [], ''],
  ['nodes[9].id', [], 'nodes[9].id'],
])('the problem at %s lies in its node and field', (path, nodePath, field) => {
  expect(troubleOf(nested, { path, message: 'm' })).toEqual({ nodePath, field, message: 'm' })
})

test('problems in steps are found too', () => {
  const steps: Json[] = [{ id: 'a', type: 'log' }, { parallel: [{ id: 'b', type: 'log' }] }]
  const trouble = troubleOf(
    { holdfast: 1, name: 's', steps },
    { path: 'steps[1].parallel[0].when', message: '' },
  )
  expect(trouble).toMatchObject({ nodePath: ['b'], field: 'when' })
})

test('problems are counted on each level by the node they lie in', () => {
  const troubles = ['nodes[0].id', 'nodes[1].params.body.nodes[1].id', 'nodes[1].when', 'name'].map((path) =>
    troubleOf(nested, { path, message: '' }),
  )
  expect([...countsAt(troubles, [])]).toEqual([
    ['fetch', 1],
    ['people', 2],
  ])
  expect([...countsAt(troubles, ['people'])]).toEqual([['known', 1]])
})
