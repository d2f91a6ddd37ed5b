/** One node in both runs: states, durations, attempts, and in what its output, input and error differ. */
import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'

import { jobQuery } from '../../api/queries'
import type { Definition, Json, RunNode } from '../../api/types'
import { tookOf, type ComparedNode } from '../../graph/compare'
import { titleIn } from '../../graph/view'
import { duration } from '../../ui/format'
import { IconButton } from '../../ui/IconButton'
import { Panel } from '../../ui/Page'
import { StateBadge } from '../../ui/StateBadge'
import { Changes } from './Changes'
import { Letter } from './CompareHeading'

interface Props {
  node: ComparedNode
  definition: Definition
  onClose: () => void
}

export function CompareNode({ node, definition, onClose }: Props) {
  const { a, b } = node
  return (
    <Panel
      title={titleIn(definition, node.id)}
      aside={<IconButton label="Close the node" Icon={X} onClick={onClose} />}
    >
      <div className="space-y-4 p-4">
        <div className="space-y-1.5">
          <Side letter="A" node={a} />
          <Side letter="B" node={b} />
        </div>
        {(a?.error ?? b?.error) && <Changes name="Error" a={jsonOf(a?.error)} b={jsonOf(b?.error)} />}
        <Changes name="Output" a={a?.output} b={b?.output} />
        {a?.job_id && b?.job_id && <Inputs a={a.job_id} b={b.job_id} />}
      </div>
    </Panel>
  )
}

function jsonOf(error: RunNode['error'] | undefined): Json | undefined {
  return error as Json | undefined
}

function Side({ letter, node }: { letter: string; node: RunNode | null }) {
  const took = tookOf(node)
  return (
    <div className="flex items-center gap-3 text-xs">
      <Letter letter={letter} />
      {node ? (
        <>
          <StateBadge state={node.state} />
          <span className="tabular-nums">{took === null ? '–' : duration(took)}</span>
          <span className="text-ink-faint tabular-nums">attempts {node.attempts}</span>
        </>
      ) : (
        <span className="text-ink-faint">not in this run</span>
      )}
    </div>
  )
}

/** What both jobs were given; most nodes have their params filled in by the worker and keep none. */
function Inputs({ a, b }: { a: string; b: string }) {
  const first = useQuery(jobQuery(a))
  const second = useQuery(jobQuery(b))
  if (!first.data || !second.data) return null
  if (first.data.payload === null && second.data.payload === null) return null
  return <Changes name="Input" a={first.data.payload} b={second.data.payload} />
}
