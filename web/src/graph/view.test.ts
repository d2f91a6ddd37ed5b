import { expect, test } from 'vitest'

import { definition, run } from './fixtures'
import { definitionOfRun, fitsRun, shapeOf, titleIn, viewOf } from './view'

const shape = shapeOf(definition)
const finished = { state: 'SUCCEEDED', attempts: 1, finished_at: '2026-01-02T10:00:01Z' } as const

test('outside of a run no node has a state', () => {
  const view = viewOf(shape, null)
  expect(view.nodes.map((node) => node.state)).toEqual([null, null, null, null, null, null])
  expect(view.edges.every((edge) => edge.state === 'open' && !edge.active)).toBe(true)
})

test('roots have no input, ports other than out are named', () => {
  const view = viewOf(shape, null)
  expect(view.nodes.filter((node) => !node.hasInput).map((node) => node.id)).toEqual(['enrich'])
  expect(Object.fromEntries(view.edges.map((edge) => [edge.id, edge.label]))).toEqual({
    'enrich.out->hot': '',
    'enrich.error->sorry': 'error',
    'hot.true->mail': 'true',
    'hot.false->note': 'false',
    'mail.out->done': '',
    'note.out->done': '',
  })
})

test('a run gives each node its state and each edge whether it was taken', () => {
  const view = viewOf(
    shape,
    run({
      enrich: { ...finished, attempts: 3 },
      hot: { ...finished, output: { result: true } },
      mail: { state: 'RUNNING', attempts: 1 },
      note: { state: 'SKIPPED' },
      sorry: { state: 'SKIPPED' },
    }),
  )
  expect(view.nodes.map((node) => [node.id, node.state, node.attempts])).toEqual([
    ['enrich', 'SUCCEEDED', 3],
    ['hot', 'SUCCEEDED', 1],
    ['mail', 'RUNNING', 1],
    ['note', 'SKIPPED', 0],
    ['sorry', 'SKIPPED', 0],
    ['done', 'PENDING', 0],
  ])
  expect(view.edges.map((edge) => [edge.id, edge.state, edge.active])).toEqual([
    ['enrich.out->hot', 'taken', false],
    ['enrich.error->sorry', 'dead', false],
    ['hot.true->mail', 'taken', true],
    ['hot.false->note', 'dead', false],
    ['mail.out->done', 'open', false],
    ['note.out->done', 'dead', false],
  ])
})

test('a status tick makes new objects only for what looks different', () => {
  const before = viewOf(shape, run({ enrich: finished, hot: { state: 'RUNNING' } }))
  const after = viewOf(
    shape,
    run({ enrich: finished, hot: { ...finished, output: { result: false } } }),
    before,
  )
  const same = after.nodes.filter((node) => before.nodes.includes(node)).map((node) => node.id)
  expect(same).toEqual(['enrich', 'mail', 'note', 'sorry', 'done'])
  expect(after.edges.filter((edge) => !before.edges.includes(edge)).map((edge) => edge.id)).toEqual([
    'enrich.out->hot',
    'hot.true->mail',
    'hot.false->note',
  ])
})

test('when nothing changed the very lists stay', () => {
  const before = viewOf(shape, run({ enrich: { state: 'RUNNING' } }))
  const after = viewOf(shape, run({ enrich: { state: 'RUNNING' } }), before)
  expect(after.nodes).toBe(before.nodes)
  expect(after.edges).toBe(before.edges)
})

test('a run whose workflow is gone is drawn from its nodes, in the order they started', () => {
  const made = definitionOfRun(
    run({
      late: { started_at: '2026-01-02T10:00:05Z' },
      never: {},
      early: { started_at: '2026-01-02T10:00:01Z' },
    }),
  )
  expect(made.nodes?.map((node) => node.id)).toEqual(['early', 'late', 'never'])
  expect(viewOf(shapeOf(made), null).nodes).toHaveLength(3)
})

test('a definition without nodes is an empty view', () => {
  expect(viewOf(shapeOf({ holdfast: 1, name: 'x' }), null)).toEqual({ nodes: [], edges: [] })
})

test('a definition that lacks a node of the run is not the one it ran', () => {
  expect(fitsRun(definition, run({ enrich: {}, hot: {} }))).toBe(true)
  expect(fitsRun(definition, run({ enrich: {}, other: {} }))).toBe(false)
  expect(fitsRun({ holdfast: 1, name: 'x' }, run({ enrich: {} }))).toBe(false)
})

test('a node is called by its title, else by its id; a join that is not all is told', () => {
  const nodes = [
    { id: 'a', type: 'noop', title: 'First' },
    { id: 'b', type: 'noop' },
    { id: 'c', type: 'noop', join: { at_least: 2 } },
    { id: 'd', type: 'noop', join: 'any' as const },
  ]
  const edges = ['a', 'b'].map((from) => ({ from, to: 'c' }))
  const drawn = { holdfast: 1, name: 'x', nodes, edges }
  expect(viewOf(shapeOf(drawn), null).nodes.map((node) => [node.title, node.join])).toEqual([
    ['First', ''],
    ['b', ''],
    ['c', '2 of 2'],
    ['d', 'any'],
  ])
  expect([titleIn(drawn, 'a'), titleIn(drawn, 'b'), titleIn(drawn, 'gone')]).toEqual(['First', 'b', 'gone'])
})
