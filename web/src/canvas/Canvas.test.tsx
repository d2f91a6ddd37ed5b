// @vitest-environment jsdom
/** What a status tick draws anew, counted card by card. */
import { cleanup, render } from '@testing-library/react'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'

import type { Definition, Run, RunNode } from '../api/types'
import { node, run } from '../graph/fixtures'
import { shapeOf, viewOf, type View } from '../graph/view'
import { Canvas } from './Canvas'

const drawn = { cards: [] as string[] }

vi.mock('./NodeIcon', () => ({
  NodeIcon: ({ type }: { type: string }) => {
    drawn.cards.push(type)
    return null
  },
}))

/** As many as are all drawn, in sight or not. */
const MOST = 120
const ids = Array.from({ length: MOST }, (_, index) => `n${index}`)
const definition: Definition = {
  holdfast: 1,
  name: 'wide',
  // Each of a kind of its own, so that a drawn icon tells whose card was drawn.
  nodes: ids.map((id) => ({ id, type: `kind-${id}` })),
  edges: ids.slice(1).map((id, index) => ({ from: `n${index}`, to: id })),
  layout: Object.fromEntries(ids.map((id, index) => [id, { x: (index % 20) * 250, y: index * 10 }])),
}
const shape = shapeOf(definition)

beforeAll(() => {
  class Observer {
    observe = () => undefined
    unobserve = () => undefined
    disconnect = () => undefined
  }
  vi.stubGlobal('ResizeObserver', Observer)
})
beforeEach(() => {
  drawn.cards = []
})
afterEach(cleanup)

/** As the API would answer again: every object of the run is a new one. */
function readAgain(before: Run, change: Record<string, Partial<RunNode>>): Run {
  const copy = structuredClone(before)
  return {
    ...copy,
    nodes: Object.fromEntries(ids.map((id) => [id, { ...node(), ...copy.nodes?.[id], ...change[id] }])),
  }
}

function shown(first: Run) {
  let view: View = viewOf(shape, first)
  const { rerender } = render(<Canvas view={view} />)
  return (next: Run) => {
    view = viewOf(shape, next, view)
    rerender(<Canvas view={view} />)
  }
}

test('at first every card is drawn', () => {
  shown(readAgain(run({}), {}))
  expect(new Set(drawn.cards).size).toBe(MOST)
})

test('a run that was read again and says the same draws nothing', () => {
  const first = readAgain(run({}), {})
  const show = shown(first)
  drawn.cards = []
  show(readAgain(first, {}))
  expect(drawn.cards).toEqual([])
})

test('a node that moved on draws its own card', () => {
  const first = readAgain(run({}), {})
  const show = shown(first)
  drawn.cards = []
  show(readAgain(first, { n5: { state: 'RUNNING', started_at: '2026-01-02T10:00:01Z', attempts: 1 } }))
  expect(drawn.cards).toEqual(['kind-n5'])

  drawn.cards = []
  show(readAgain(first, { n5: { state: 'SUCCEEDED', attempts: 1 } }))
  expect(drawn.cards).toEqual(['kind-n5'])
})

test('children that went on draw their node alone', () => {
  const items = { total: 10_000, done: 10, failed: 0, live: 50 }
  const first = readAgain(run({}), { n7: { state: 'WAITING', items } })
  const show = shown(first)
  drawn.cards = []
  show(readAgain(first, { n7: { items: { ...items, done: 900 } } }))
  expect(drawn.cards).toEqual(['kind-n7'])
})
