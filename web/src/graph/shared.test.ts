/** The rules of the graph by the same examples as the server's model (`tests/model/graphs.json`). */
import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import type { Definition, EdgeDefinition, Json, NodeDefinition, NodeState } from '../api/types'
import type { Kind } from '../editor/contract'
import { edgeState } from './edgeState'
import { refusal } from './edit/edges'
import { portsOf, type Kinds } from './edit/kinds'
import { edgesOf, parseEdge } from './ports'

type End = [string, string, string]

interface Example {
  about: string
  nodes: NodeDefinition[]
  edges: EdgeDefinition[]
  ports: Record<string, string[]>
  allowed: EdgeDefinition[]
  refused: EdgeDefinition[]
  decided: { node: string; state: NodeState; output: Json; taken: End[]; dead: End[] }[]
}

interface Fixtures {
  kinds: Record<string, Pick<Kind, 'ports' | 'has_error' | 'params'>>
  graphs: Example[]
}

const file = new URL('../../../tests/model/graphs.json', import.meta.url)
const fixtures = JSON.parse(readFileSync(file, 'utf8')) as Fixtures
const kinds: Kinds = new Map(
  Object.entries(fixtures.kinds).map(([type, kind]) => [
    type,
    {
      ...{
        type,
        title: type,
        description: '',
        icon: '',
        category: '',
        retry: {},
        timeout: '1h',
        example: {},
      },
      ...{ own: false, dynamic_ports: type === 'switch' },
      ...kind,
    },
  ]),
)

describe.each(fixtures.graphs)('$about', (example) => {
  const { nodes, edges } = example
  const definition: Definition = { holdfast: 1, name: 'sample', nodes, edges }
  const drawn = edgesOf(definition)
  const why = (edge: EdgeDefinition) => refusal({ nodes, edges }, parseEdge(edge), kinds)

  it('has these ports', () => {
    const found = nodes
      .filter(({ id }) => id in example.ports)
      .map((node) => [node.id, portsOf(node, kinds, drawn)])
    expect(Object.fromEntries(found)).toEqual(example.ports)
  })

  it('lets these edges be added', () => {
    expect(example.allowed.map(why)).toEqual(example.allowed.map(() => null))
  })

  it('refuses these, with a reason', () => {
    for (const edge of example.refused) expect(why(edge), `${edge.from} -> ${edge.to}`).toBeTypeOf('string')
  })

  it('takes these edges when a node has ended', () => {
    const ended = { attempts: 1, error: null, job_id: null, started_at: null, finished_at: null }
    for (const { node, state, output, taken, dead } of example.decided) {
      const source = nodes.find(({ id }) => id === node)
      if (!source) throw new Error(`no node ${node}`)
      const handled = drawn.some((edge) => edge.from === node && edge.port === 'error')
      const ends = (wanted: string): End[] =>
        drawn
          .filter((edge) => edge.from === node)
          .filter((edge) => edgeState(edge, source, { ...ended, state, output }, handled) === wanted)
          .map((edge) => [edge.from, edge.port, edge.to])
      expect(ends('taken')).toEqual(taken)
      expect(ends('dead')).toEqual(dead)
    }
  })
})
