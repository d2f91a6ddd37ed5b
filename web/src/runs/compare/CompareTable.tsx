/** The nodes of both runs: state, duration and what differs. Those that differ alone, unless all are asked for. */
import { useState } from 'react'

import type { Definition, RunNode } from '../../api/types'
import { tookOf, type ComparedNode } from '../../graph/compare'
import { titleIn } from '../../graph/view'
import { duration } from '../../ui/format'
import { Panel } from '../../ui/Page'
import { StateBadge } from '../../ui/StateBadge'
import { Switch } from '../../ui/Switch'
import { Cell, Row, Table } from '../../ui/Table'

const COLUMNS = [
  { key: 'node', title: 'Node' },
  { key: 'a', title: 'A', width: '8rem' },
  { key: 'b', title: 'B', width: '8rem' },
  { key: 'took', title: 'Took A → B', width: '11rem', align: 'right' },
  { key: 'differs', title: 'Differs in', width: '12rem' },
] as const

interface Props {
  nodes: readonly ComparedNode[]
  definition: Definition
  selected: string | undefined
  onSelect: (node: string) => void
}

export function CompareTable({ nodes, definition, selected, onSelect }: Props) {
  const [all, showAll] = useState(false)
  const differing = nodes.filter(({ differs }) => differs.length > 0)
  const shown = all ? nodes : differing
  return (
    <Panel
      title={`${differing.length} of ${nodes.length} nodes differ`}
      aside={<Switch checked={all} onChange={showAll} label="All nodes" />}
    >
      {shown.length === 0 ? (
        <p className="px-4 py-6 text-center text-ink-soft">
          Every node ended the same way with the same output.
        </p>
      ) : (
        <Table label="Nodes of both runs" columns={COLUMNS}>
          {shown.map((node) => (
            <Row key={node.id} aria-selected={node.id === selected}>
              <Cell>
                <button
                  type="button"
                  onClick={() => onSelect(node.id)}
                  className="rounded text-left font-medium hover:text-accent hover:underline"
                >
                  {titleIn(definition, node.id)}
                </button>
              </Cell>
              <Cell>
                <State node={node.a} />
              </Cell>
              <Cell>
                <State node={node.b} />
              </Cell>
              <Cell right>
                <Durations a={tookOf(node.a)} b={tookOf(node.b)} />
              </Cell>
              <Cell className="text-xs text-ink-soft">{node.differs.join(', ')}</Cell>
            </Row>
          ))}
        </Table>
      )}
    </Panel>
  )
}

function State({ node }: { node: RunNode | null }) {
  return node ? <StateBadge state={node.state} /> : <span className="text-ink-faint">not there</span>
}

export function Durations({ a, b }: { a: number | null; b: number | null }) {
  return (
    <span className="text-xs whitespace-nowrap">
      {a === null ? '–' : duration(a)} <span className="text-ink-faint">→</span>{' '}
      {b === null ? '–' : duration(b)}
    </span>
  )
}
