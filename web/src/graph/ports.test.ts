import { expect, test } from 'vitest'

import { definition } from './fixtures'
import { edgesOf, inOrder, parseEdge, portsOf } from './ports'

const nodeOf = (id: string) => {
  const node = definition.nodes?.find((item) => item.id === id)
  if (!node) throw new Error(id)
  return node
}

test.each([
  ['a', 'a', 'out'],
  ['a.true', 'a', 'true'],
  ['a.case.with.dots', 'a', 'case.with.dots'],
])('%s leaves %s by the port %s', (from, id, port) => {
  expect(parseEdge({ from, to: 'b' })).toEqual({ id: `${id}.${port}->b`, from: id, port, to: 'b' })
})

test('an edge to a node that does not exist is not drawn, and a doubled one is drawn once', () => {
  const edges = edgesOf({
    ...definition,
    edges: [
      { from: 'enrich', to: 'hot' },
      { from: 'enrich.out', to: 'hot' },
      { from: 'enrich', to: 'nowhere' },
      { from: 'nobody', to: 'hot' },
    ],
  })
  expect(edges.map((edge) => edge.id)).toEqual(['enrich.out->hot'])
})

test('ports are the own ones of the type and those in use', () => {
  const edges = edgesOf(definition)
  expect(portsOf(nodeOf('enrich'), edges)).toEqual(['out', 'error'])
  expect(portsOf(nodeOf('hot'), edges)).toEqual(['true', 'false'])
  expect(portsOf(nodeOf('hot'), [])).toEqual(['true', 'false'])
  expect(portsOf(nodeOf('done'), edges)).toEqual([])
  expect(portsOf({ id: 's', type: 'switch' }, [parseEdge({ from: 's.gold', to: 'x' })])).toEqual(['gold'])
})

test('ports stand in the order of their targets', () => {
  const edges = edgesOf(definition)
  const at = (mail: number, note: number) => ({ mail: { x: 1, y: mail }, note: { x: 1, y: note } })
  expect(inOrder(['true', 'false'], 'hot', edges, at(0, 100))).toEqual(['true', 'false'])
  expect(inOrder(['true', 'false'], 'hot', edges, at(100, 0))).toEqual(['false', 'true'])
})
