import { expect, test } from 'vitest'

import type { Position } from '../api/types'
import { fit, SMALLEST } from './fit'
import { definition } from './fixtures'
import { layoutOf, NODE_HEIGHT, NODE_WIDTH } from './layout'
import { edgesOf } from './ports'

const edges = edgesOf(definition)

test('a layout that places every node is kept as it is', () => {
  const layout = Object.fromEntries(
    (definition.nodes ?? []).map((node, index) => [node.id, { x: index, y: -index }]),
  )
  expect(layoutOf({ ...definition, layout }, edges)).toEqual(layout)
})

test.each<Record<string, Position>>([{ enrich: { x: 5, y: 5 } }, { enrich: { x: NaN, y: 5 } }, {}])(
  'a layout that does not is computed from left to right',
  (layout) => {
    const places = layoutOf({ ...definition, layout }, edges)
    for (const { from, to } of edges) {
      expect(places[to]?.x).toBeGreaterThanOrEqual((places[from]?.x ?? Infinity) + NODE_WIDTH)
    }
  },
)

test('computed nodes do not overlap', () => {
  const places = Object.values(layoutOf(definition, edges))
  for (const [index, a] of places.entries()) {
    for (const b of places.slice(index + 1)) {
      expect(Math.abs(a.x - b.x) >= NODE_WIDTH || Math.abs(a.y - b.y) >= NODE_HEIGHT).toBe(true)
    }
  }
})

test('a small graph is shown whole, in the middle, and not enlarged', () => {
  const view = fit([{ x: 100, y: 100 }], { width: 1000, height: 500 })
  expect(view.zoom).toBe(1)
  expect(view.x + 100 + NODE_WIDTH / 2).toBe(500)
  expect(view.y + 100 + NODE_HEIGHT / 2).toBe(250)
})

test('a graph too long to be read whole is shown from its beginning', () => {
  const places = [0, 1, 2, 3, 4, 5, 6, 7].map((column) => ({ x: column * 300, y: 0 }))
  const view = fit(places, { width: 360, height: 300 })
  expect(view.zoom).toBeGreaterThan(0.6)
  expect(view.x).toBe(24)
})

test('and whole when that is asked for', () => {
  const places = [0, 1, 2, 3, 4, 5, 6, 7].map((column) => ({ x: column * 300, y: 0 }))
  const view = fit(places, { width: 360, height: 300 }, undefined, SMALLEST)
  expect(view.x).toBeGreaterThanOrEqual(0)
  expect((2100 + NODE_WIDTH) * view.zoom + view.x).toBeLessThanOrEqual(360)
})

test('or around the node that matters, without leaving the graph', () => {
  const places = [0, 1, 2, 3, 4, 5, 6, 7].map((column) => ({ x: column * 300, y: 0 }))
  const area = { width: 360, height: 300 }
  const middle = fit(places, area, { x: 1200, y: 0 })
  expect((1200 + NODE_WIDTH / 2) * middle.zoom + middle.x).toBeCloseTo(180)
  const end = fit(places, area, { x: 2100, y: 0 })
  expect((2100 + NODE_WIDTH) * end.zoom + end.x).toBeCloseTo(360 - 24)
})
