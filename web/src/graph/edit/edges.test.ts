import { expect, test } from 'vitest'

import { definition } from '../fixtures'
import { graphAt } from './document'
import { choices, connect, disconnect, freePort, refusal } from './edges'
import { kinds } from './fixtures'

const graph = graphAt(definition)

test.each([
  ['hot', 'out', 'mail', /no port “out”/],
  ['hot', 'maybe', 'mail', /no port “maybe”/],
  ['hot', 'true', 'hot', /itself/],
  ['hot', 'true', 'mail', /connected already/],
  ['mail', 'out', 'enrich', /cycle: enrich leads to mail/],
  ['mail', 'out', 'hot', /cycle/],
  ['mail', 'out', 'nobody', /same graph/],
])('%s.%s → %s is refused with the reason', (from, port, to, why) => {
  expect(refusal(graph, { from, port, to }, kinds)).toMatch(why)
})

test('what the rules allow is not refused', () => {
  expect(refusal(graph, { from: 'hot', port: 'false', to: 'mail' }, kinds)).toBeNull()
  expect(refusal(graph, { from: 'enrich', port: 'out', to: 'done' }, kinds)).toBeNull()
})

test('a node that undoes another stands alone', () => {
  const nodes = graph.nodes.map((node) => (node.id === 'hot' ? { ...node, compensate: 'sorry' } : node))
  expect(refusal({ ...graph, nodes }, { from: 'sorry', port: 'out', to: 'done' }, kinds)).toMatch(/undoes/)
})

test('a long chain is judged without recursion', () => {
  const nodes = Array.from({ length: 2000 }, (_, index) => ({ id: `n${index}`, type: 'log' }))
  const edges = nodes.slice(1).map((node, index) => ({ from: `n${index}`, to: node.id }))
  expect(refusal({ nodes, edges }, { from: 'n1999', port: 'out', to: 'n0' }, kinds)).toMatch(/cycle/)
})

test('an edge is written without its port out, and with any other', () => {
  const next = connect(connect(definition, [], { from: 'enrich', port: 'out', to: 'note' }), [], {
    from: 'hot',
    port: 'true',
    to: 'note',
  })
  expect(next.edges?.slice(-2)).toEqual([
    { from: 'enrich', to: 'note' },
    { from: 'hot.true', to: 'note' },
  ])
})

test('edges go by their ids', () => {
  const next = disconnect(definition, [], new Set(['hot.true->mail', 'enrich.out->hot']))
  expect(next.edges).toHaveLength(4)
  expect(disconnect(definition, [], new Set(['a.out->b']))).toBe(definition)
})

test('a switch has its cases as ports, before default', () => {
  const node = { id: 's', type: 'switch', params: { cases: { large: 'true', small: 'false' } } }
  const ports = choices({ nodes: [node, { id: 'x', type: 'log' }], edges: [] }, 's', kinds)
  expect(ports.map(({ port }) => port)).toEqual(['large', 'small', 'default'])
  expect(ports[0]?.targets.map(({ id }) => id)).toEqual(['x'])
})

test('what can be wired leaves out what the rules refuse', () => {
  const out = choices(graph, 'mail', kinds).find(({ port }) => port === 'out')
  expect(out?.targets.map(({ id }) => id)).toEqual(['note', 'sorry'])
})

test('a successor is hung on the first port without an edge, never on error', () => {
  expect(freePort(graph, 'done', kinds)).toBe('out')
  const open = graph.edges.filter(({ from }) => from !== 'hot.false')
  expect(freePort({ ...graph, edges: open }, 'hot', kinds)).toBe('false')
  expect(freePort(graph, 'enrich', kinds)).toBe('out')
})
