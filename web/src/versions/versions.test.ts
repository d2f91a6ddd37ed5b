import { describe, expect, it } from 'vitest'

import type { Definition } from '../api/types'
import { changesOf, shortened } from './changes'
import { graphDiff, summaryOfDiff } from './graphDiff'
import { diffLines, hunksOf } from './lines'

const signs = { same: ' ', added: '+', removed: '-' }
const shown = (before: string, after: string) =>
  diffLines(before, after)
    .map(({ op, text }) => signs[op] + text)
    .join('|')

describe('lines', () => {
  it.each([
    ['a\nb\nc', 'a\nb\nc', ' a| b| c'],
    ['', 'a\n', '+a'],
    ['a', '', '-a'],
    ['a\nb\nc', 'a\nx\nc', ' a|-b|+x| c'],
    ['a\nb\nc\na\nb\nb\na', 'c\nb\na\nb\na\nc', '-a|-b| c|+b| a| b|-b| a|+c'],
    ['x\ny', 'y\nx', '-x| y|+x'],
  ])('leads from %j to %j', (before, after, expected) => {
    expect(shown(before, after)).toBe(expected)
  })

  it('gives both texts back, whatever they are', () => {
    let seed = 7
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below
    for (let round = 0; round < 200; round += 1) {
      const text = () => Array.from({ length: random(12) }, () => 'abcd'[random(4)]).join('\n')
      const [before, after] = [text(), text()]
      const lines = diffLines(before, after)
      const side = (op: string) =>
        lines
          .filter((line) => line.op !== op)
          .map((line) => line.text)
          .join('\n')
      expect(side('added')).toBe(before)
      expect(side('removed')).toBe(after)
    }
  })

  it('numbers them on both sides', () => {
    expect(diffLines('a\nb', 'a\nc\nb').map(({ before, after }) => [before, after])).toEqual([
      [1, 1],
      [null, 2],
      [2, 3],
    ])
  })

  it('leaves out what is far from a change', () => {
    const before = Array.from({ length: 20 }, (_, index) => `line ${index}`)
    const after = before.with(10, 'other')
    const hunks = hunksOf(diffLines(before.join('\n'), after.join('\n')), 2)
    expect(hunks.map((hunk) => ('gap' in hunk ? hunk.gap : hunk.lines.length))).toEqual([8, 6, 7])
    expect(hunksOf(diffLines('a', 'a'), 2)).toEqual([{ gap: 1 }])
  })

  it('gives up on texts that share too little, but stays right', () => {
    const [before, after] = ['a', 'b'].map((letter) => Array(1_500).fill(letter).join('\n')) as [
      string,
      string,
    ]
    expect(diffLines(before, after)).toHaveLength(3_000)
  })
})

describe('graphs', () => {
  const before: Definition = {
    holdfast: 1,
    name: 'a',
    nodes: [
      { id: 'one', type: 'log', params: { message: 'x' } },
      { id: 'two', type: 'noop' },
      { id: 'gone', type: 'noop' },
    ],
    edges: [
      { from: 'one', to: 'two' },
      { from: 'two.out', to: 'gone' },
    ],
    layout: { one: { x: 0, y: 0 }, two: { x: 300, y: 0 }, gone: { x: 600, y: 0 } },
  }
  const after: Definition = {
    ...before,
    nodes: [
      { id: 'one', type: 'log', params: { message: 'y' } },
      { id: 'two', type: 'noop' },
      { id: 'new', type: 'noop' },
    ],
    edges: [
      { from: 'one.out', to: 'two' },
      { from: 'two.error', to: 'new' },
    ],
    layout: { one: { x: 0, y: 0 }, two: { x: 300, y: 80 }, new: { x: 600, y: 90 } },
  }

  it('tells what became of each node and edge', () => {
    const diff = graphDiff(before, after)
    expect(diff.nodes.map(({ id, fate, moved }) => [id, fate, moved])).toEqual([
      ['one', 'changed', false],
      ['two', 'same', true],
      ['new', 'added', false],
      ['gone', 'removed', false],
    ])
    expect(diff.edges.map(({ id, fate }) => [id, fate])).toEqual([
      ['one.out->two', 'same'],
      ['two.error->new', 'added'],
      ['two.out->gone', 'removed'],
    ])
    expect(diff.nodes.at(-1)?.position).toEqual({ x: 600, y: 0 })
    expect(summaryOfDiff(diff)).toBe(
      '1 node added, 1 node removed, 1 node changed, 1 edge added, 1 edge removed',
    )
    expect(summaryOfDiff(graphDiff(before, before))).toBe('')
  })

  it('reads steps as the graph that they give', () => {
    const steps = {
      holdfast: 1,
      name: 'a',
      steps: [
        { id: 'one', type: 'noop' },
        { id: 'two', type: 'noop' },
      ],
    }
    const listed: Definition = {
      holdfast: 1,
      name: 'a',
      nodes: [
        { id: 'one', type: 'noop' },
        { id: 'two', type: 'noop' },
      ],
      edges: [{ from: 'one', to: 'two' }],
    }
    expect(summaryOfDiff(graphDiff(steps as Definition, listed))).toBe('')
  })
})

describe('changes', () => {
  const changes = [
    { path: 'nodes.a.params.url', op: 'changed', before: 1, after: 2 },
    { path: 'nodes.ab', op: 'added', after: {} },
    { path: 'edges.a.true -> b', op: 'added', after: {} },
    { path: 'layout.a.x', op: 'changed', before: 1, after: 2 },
    { path: 'layout.a.y', op: 'changed', before: 1, after: 2 },
    { path: 'layout.b', op: 'removed', before: {} },
  ]

  it('tells in one line who moved', () => {
    expect(shortened(changes)).toEqual({ shown: changes.slice(0, 3), moved: ['a', 'b'] })
  })

  it('finds those of a node', () => {
    expect(changesOf(changes, 'a').map(({ path }) => path)).toEqual([
      'nodes.a.params.url',
      'edges.a.true -> b',
    ])
    expect(changesOf(changes, 'b').map(({ path }) => path)).toEqual(['edges.a.true -> b'])
    expect(changesOf(changes, undefined)).toHaveLength(6)
  })
})
