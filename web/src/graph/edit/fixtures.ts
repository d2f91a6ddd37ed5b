/** Kinds and a workflow with a body, for the tests of the editor's operations. */
import type { Definition, Json } from '../../api/types'
import type { Kind } from '../../editor/contract'
import type { Kinds } from './kinds'

function kind(type: string, part: Partial<Kind> = {}): [string, Kind] {
  const base = {
    type,
    title: type,
    description: '',
    icon: 'box',
    category: 'Core',
    params: {},
    ports: ['out'],
  }
  const rest = { has_error: true, dynamic_ports: false, retry: {}, timeout: '1h', example: {}, own: false }
  return [type, { ...base, ...rest, ...part }]
}

const properties = (fields: { [name: string]: Json }) => ({ params: { type: 'object', properties: fields } })

export const kinds: Kinds = new Map([
  kind('http.request'),
  kind('transform'),
  kind('log'),
  kind('if', {
    ports: ['true', 'false'],
    has_error: false,
    ...properties({ condition: { type: 'string', 'x-holdfast-expression': true } }),
  }),
  kind('switch', {
    ports: ['default'],
    has_error: false,
    dynamic_ports: true,
    ...properties({ cases: { type: 'object', 'x-holdfast-cases': true } }),
  }),
  kind('map', properties({ items: { type: 'array' }, body: { type: 'object', 'x-holdfast-body': true } })),
  kind('delay', {
    params: {
      properties: { for: { type: 'string', default: '1m' }, note: { default: 'x' } },
      required: ['for'],
    },
  }),
])

export const nested: Definition = {
  holdfast: 1,
  name: 'people',
  nodes: [
    { id: 'fetch', type: 'http.request', params: { url: 'https://a.example/{{ input.id }}' } },
    {
      id: 'people',
      type: 'map',
      params: {
        items: '{{ nodes.fetch.output.json }}',
        body: {
          nodes: [
            {
              id: 'lookup',
              type: 'http.request',
              params: { url: '{{ nodes.fetch.output.json.base }}/{{ item }}' },
            },
            { id: 'known', type: 'if', params: { condition: 'nodes.lookup.output.json.found' } },
            { id: 'person', type: 'transform', params: { value: '{{ nodes.lookup.output.json }}' } },
          ],
          edges: [
            { from: 'lookup', to: 'known' },
            { from: 'known.true', to: 'person' },
          ],
          output: '{{ nodes.person.output }}',
        },
      },
    },
    { id: 'done', type: 'log', params: { message: 'nodes.fetch is done: {{ nodes.people.output.size() }}' } },
  ],
  edges: [
    { from: 'fetch', to: 'people' },
    { from: 'people', to: 'done' },
  ],
  output: '{{ nodes.people.output }}',
  layout: { fetch: { x: 0, y: 0 }, people: { x: 300, y: 0 }, done: { x: 600, y: 0 } },
}
