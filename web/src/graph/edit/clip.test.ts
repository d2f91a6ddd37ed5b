import { expect, test } from 'vitest'

import { NODE_HEIGHT } from '../layout'
import { clipText, copyNodes, pasteClip, readClip } from './clip'
import { graphAt, nodeAt } from './document'
import { kinds, nested } from './fixtures'

test('a copy holds the nodes, the edges between them and their places', () => {
  const clip = copyNodes(nested, [], ['fetch', 'people'])
  expect(clip.nodes.map(({ id }) => id)).toEqual(['fetch', 'people'])
  expect(clip.edges).toEqual([{ from: 'fetch', to: 'people' }])
  expect(clip.layout).toEqual({ fetch: { x: 0, y: 0 }, people: { x: 300, y: 0 } })
})

test('pasted below itself, it gets new ids, and what is said inside of it follows', () => {
  const { definition, ids } = pasteClip(nested, [], copyNodes(nested, [], ['fetch', 'people']), kinds)
  expect(ids).toEqual(['fetch_2', 'people_2'])
  expect(definition.edges?.at(-1)).toEqual({ from: 'fetch_2', to: 'people_2' })
  expect(nodeAt(definition, ['people_2'])?.params?.['items']).toBe('{{ nodes.fetch_2.output.json }}')
  expect(graphAt(definition, ['people_2']).nodes.map(({ id }) => id)).toEqual([
    'lookup_2',
    'known_2',
    'person_2',
  ])
  expect(nodeAt(definition, ['people_2', 'known_2'])?.params?.['condition']).toBe(
    'nodes.lookup_2.output.json.found',
  )
  expect(definition.layout?.['fetch_2']).toEqual({ x: 0, y: 120 })
})

test('expressions about what was not copied stay', () => {
  const { definition } = pasteClip(nested, [], copyNodes(nested, [], ['people']), kinds)
  expect(nodeAt(definition, ['people_2'])?.params?.['items']).toBe('{{ nodes.fetch.output.json }}')
})

test('through the clipboard into another workflow, ids that are free stay', () => {
  const clip = readClip(clipText(copyNodes(nested, ['people'], ['lookup', 'known'])))
  const empty = { holdfast: 1, name: 'other', nodes: [], edges: [] }
  const { definition, ids } = pasteClip(empty, [], clip ?? expect.fail('no clip'), kinds, { x: 500, y: 500 })
  expect(ids).toEqual(['lookup', 'known'])
  expect(definition.edges).toEqual([{ from: 'lookup', to: 'known' }])
  expect(Math.min(...Object.values(definition.layout ?? {}).map(({ x }) => x))).toBe(500)
})

test('a whole definition can be pasted, other texts can not', () => {
  expect(readClip(JSON.stringify(nested))?.nodes).toHaveLength(3)
  for (const text of ['', 'hello', '{', '[]', '{"nodes": 3}', '{"nodes": [{"id": 1}]}']) {
    expect(readClip(text)).toBeNull()
  }
})

test('a pasted edge to nowhere is left out', () => {
  const text = JSON.stringify({ nodes: [{ id: 'a', type: 'log' }], edges: [{ from: 'a', to: 'b' }] })
  expect(readClip(text)?.edges).toEqual([])
})

test('numbers travel as they were written', () => {
  const text =
    '{"nodes": [{"id": "a", "type": "log", "params": {"message": "{{ nodes.a }}", "n": 1.0, "l": [2.0]}}]}'
  const once = readClip(text) ?? expect.fail('no clip')
  const { definition } = pasteClip(
    { holdfast: 1, name: 'w', nodes: [{ id: 'a', type: 'log' }] },
    [],
    once,
    kinds,
  )
  expect(clipText(copyNodes(definition, [], ['a_2']))).toMatch(/"n": 1\.0,\s*"l": \[\s*2\.0/)
})

test('nodes that come from elsewhere go further down where nodes stand', () => {
  const at = { x: 40, y: 40 }
  const given = {
    holdfast: 1 as const,
    name: 'other',
    nodes: [{ id: 'there', type: 'transform' }],
    layout: { there: at },
  }
  const clip = { nodes: [{ id: 'new', type: 'transform' }], edges: [], layout: { new: { x: 900, y: 900 } } }
  const { definition } = pasteClip(given, [], clip, kinds, { x: 60, y: 50 })
  expect(definition.layout?.['new']?.x).toBe(60)
  expect(definition.layout?.['new']?.y).toBeGreaterThanOrEqual(at.y + NODE_HEIGHT)
})
