import { expect, test } from 'vitest'

import type { Definition } from '../api/types'
import { placeOf } from '../forms/place'
import { definition as lead, run } from '../graph/fixtures'
import { follow, type Name, type Step } from './names'
import { namesAt, readable, type Extra } from './scope'

const nested: Definition = {
  holdfast: 1,
  name: 'nested',
  input: { type: 'object', properties: { orders: { type: 'array' } } },
  vars: { rate: 1.2 },
  triggers: [{ id: 'shop', type: 'webhook' }],
  nodes: [
    { id: 'load', type: 'http.request', compensate: 'undo' },
    { id: 'undo', type: 'log' },
    {
      id: 'each',
      type: 'map',
      params: {
        items: '{{ nodes.load.output.json }}',
        body: {
          nodes: [
            { id: 'tax', type: 'transform' },
            { id: 'tell', type: 'log' },
          ],
          edges: [{ from: 'tax', to: 'tell' }],
        },
      },
    },
    { id: 'after', type: 'wait.callback' },
  ],
  edges: [
    { from: 'load', to: 'each' },
    { from: 'each', to: 'after' },
  ],
}

const reads = (definition: Definition, ...nodePath: string[]) =>
  readable(definition, placeOf(definition, nodePath)).map(({ id }) => id)

function at(names: Name[], ...steps: Step[]): string[] | undefined {
  return follow(names, steps)
    ?.children?.()
    .map(({ name }) => name)
}

const names = (nodePath: string[], extra: Extra = {}) =>
  namesAt(nested, placeOf(nested, nodePath), null, extra)

test('a node reads those from which edges lead to it', () => {
  expect(reads(lead, 'enrich')).toEqual([])
  expect(reads(lead, 'mail')).toEqual(['enrich', 'hot'])
  expect(reads(lead, 'done')).toEqual(['enrich', 'hot', 'mail', 'note'])
})

test('a body reads its own nodes, and those before the map', () => {
  expect(reads(nested, 'each', 'tell')).toEqual(['tax', 'load'])
  expect(reads(nested, 'after')).toEqual(['load', 'each'])
})

test('what undoes a node reads that node', () => {
  expect(reads(nested, 'undo')).toEqual(['load'])
})

test('the output of the workflow reads every node but those that undo', () => {
  expect(readable(nested, null).map(({ id }) => id)).toEqual(['load', 'each', 'after'])
})

test('the place says where problems of a node in a body are told', () => {
  expect(placeOf(nested, ['each', 'tell'])?.path).toBe('nodes[2].params.body.nodes[1]')
  expect(placeOf(nested, ['each', 'gone'])).toBeNull()
})

test('the place of a step is the one among the steps', () => {
  const steps: Definition = {
    holdfast: 1,
    name: 'steps',
    steps: [
      { id: 'a', type: 'noop' },
      { parallel: [{ id: 'b', type: 'noop' }, { steps: [{ id: 'c', type: 'noop' }] }] },
    ],
  }
  expect(placeOf(steps, ['a'])?.path).toBe('steps[0]')
  expect(placeOf(steps, ['c'])?.path).toBe('steps[1].parallel[1].steps[0]')
})

test('input, vars, trigger and run have their fields', () => {
  const all = names(['each'], { params: true })
  expect(at(all, 'input')).toEqual(['orders'])
  expect(at(all, 'vars')).toEqual(['rate'])
  expect(at(all, 'trigger')).toContain('body')
  expect(at(all, 'trigger')).not.toContain('event')
  expect(at(all, 'run')).toContain('callbacks')
  expect(at(names(['each']), 'run', 'callbacks')).toBeUndefined()
})

test('the last run tells the fields of outputs', () => {
  const last = run({ enrich: { state: 'SUCCEEDED', output: { json: { score: 3 } } } })
  const all = namesAt(lead, placeOf(lead, ['mail']), last, {})
  expect(at(all, 'nodes', 'enrich', 'output', 'json')).toEqual(['score'])
  expect(follow(all, ['nodes', 'enrich', 'output', 'json', 'score'])?.detail).toBe('3')
})

test('item, event and secrets are there where they exist', () => {
  const has = (all: Name[]) => all.map(({ name }) => name)
  expect(has(names(['after']))).not.toContain('item')
  expect(has(names(['each', 'tax']))).toContain('index')
  expect(at(names(['after'], { hasItem: true, item: { price: 2 } }), 'item')).toEqual(['price'])
  expect(has(names(['after'], { event: true }))).toContain('event')
  expect(at(names(['after'], { secrets: ['CRM'] }), 'secrets')).toEqual(['CRM'])
  expect(has(names(['after'], { only: ['response', 'page'] }))).toEqual(['response', 'page'])
})
