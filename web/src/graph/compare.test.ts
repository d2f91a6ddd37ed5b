import { expect, test } from 'vitest'

import { compareNodes, comparedView, mergedDefinition, tookOf } from './compare'
import { definition, run } from './fixtures'
import { shapeOf } from './view'

const done = { state: 'SUCCEEDED', attempts: 1 } as const
const a = run({
  enrich: { ...done, output: { score: 3 } },
  mail: { state: 'SKIPPED' },
  old: done,
})
const b = run({
  enrich: { ...done, output: { score: 9 }, attempts: 2 },
  mail: done,
  hot: done,
})

test('each node is told with what differs, nodes of one run alone too', () => {
  const nodes = Object.fromEntries(compareNodes(a, b).map(({ id, differs }) => [id, differs]))
  expect(nodes).toEqual({
    enrich: ['output', 'attempts'],
    mail: ['state', 'attempts'],
    hot: ['only in B'],
    old: ['only in A'],
  })
  expect(compareNodes(a, a).every(({ differs }) => differs.length === 0)).toBe(true)
})

test('times alone make no difference', () => {
  const later = run({ enrich: { ...done, output: { score: 3 }, started_at: '2026-01-05T00:00:00Z' } })
  expect(compareNodes(a, later).find(({ id }) => id === 'enrich')?.differs).toEqual([])
})

test('one graph has the nodes and edges of both', () => {
  const before = {
    ...definition,
    nodes: [...(definition.nodes ?? []), { id: 'old', type: 'log' }],
    edges: [...(definition.edges ?? []), { from: 'mail', to: 'old' }],
  }
  const merged = mergedDefinition(before, definition)
  expect(merged.nodes?.map(({ id }) => id)).toContain('old')
  expect(merged.edges).toHaveLength((definition.edges?.length ?? 0) + 1)
})

test('the view has both states on a card', () => {
  const view = comparedView(shapeOf(definition), b, compareNodes(a, b))
  const mail = view.nodes.find(({ id }) => id === 'mail')
  expect(mail?.state).toBe('SUCCEEDED')
  expect(mail?.against).toEqual({ state: 'SKIPPED', differs: 'state, attempts' })
})

test('a duration needs both its ends', () => {
  expect(tookOf({ started_at: '2026-01-02T10:00:00Z', finished_at: '2026-01-02T10:00:02Z' })).toBe(2_000)
  expect(tookOf({ started_at: '2026-01-02T10:00:00Z', finished_at: null })).toBeNull()
})
