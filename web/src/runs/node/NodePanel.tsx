/**
 * The selected node of a run: its state and times, what it waits for, and in tabs its output, input, error, attempts,
 * logs and children. The tab stays from node to node where the next one has it.
 */
import { useQuery } from '@tanstack/react-query'
import { RotateCcw, X } from 'lucide-react'
import { useState } from 'react'

import { useCan } from '../../access/useCan'
import { jobQuery } from '../../api/queries'
import type { Definition, Run, RunNode } from '../../api/types'
import { isEnd } from '../../graph/states'
import { titleIn } from '../../graph/view'
import { Ago, Took } from '../../ui/Ago'
import { Button } from '../../ui/Button'
import { IconButton } from '../../ui/IconButton'
import { Panel } from '../../ui/Page'
import { StateBadge } from '../../ui/StateBadge'
import { Tabs } from '../../ui/Tabs'
import { RerunDialog } from '../act/RerunDialog'
import { WaitBox } from '../act/WaitBox'
import { NodeTab } from './NodeTab'
import { firstTab, tabsOf, type TabName } from './tabs'

interface Props {
  run: Run
  id: string
  definition: Definition
  onClose: () => void
}

export function NodePanel({ run, id, definition, onClose }: Props) {
  const node = run.nodes?.[id]
  const [wanted, want] = useState<TabName | null>(null)
  if (!node) return null
  const tabs = tabsOf(node)
  const tab = tabs.find(({ value }) => value === wanted)?.value ?? firstTab(node)
  return (
    <Panel
      title={titleIn(definition, id)}
      aside={<IconButton label="Close the node" Icon={X} onClick={onClose} />}
    >
      <div className="space-y-3 px-4 pt-3 pb-4">
        <Facts id={id} node={node} type={definition.nodes?.find((item) => item.id === id)?.type ?? ''} />
        {node.job_id && node.state !== 'SUCCEEDED' && <Why job={node.job_id} />}
        {node.waits && !isEnd(run.state) && <WaitBox key={id} run={run} wait={node.waits} />}
        {isEnd(run.state) && !run.body && <RerunFrom run={run} id={id} title={titleIn(definition, id)} />}
      </div>
      <div className="border-t border-line">
        <Tabs label="The node" value={tab} onChange={want} items={tabs}>
          {(chosen) => (
            <div key={id} className="p-4">
              <NodeTab tab={chosen} run={run} id={id} node={node} definition={definition} />
            </div>
          )}
        </Tabs>
      </div>
    </Panel>
  )
}

function Facts({ id, node, type }: { id: string; node: RunNode; type: string }) {
  return (
    <dl className="grid grid-cols-[auto_1fr_auto_1fr] items-center gap-x-3 gap-y-1.5 text-xs [&_dt]:text-ink-faint">
      <dt>State</dt>
      <dd>
        <StateBadge state={node.state} />
      </dd>
      <dt>Took</dt>
      <dd>
        <Took from={node.started_at} to={node.finished_at} />
      </dd>
      <dt>Node</dt>
      <dd className="truncate font-mono" title={id}>
        {id}
      </dd>
      <dt>Started</dt>
      <dd>
        <Ago at={node.started_at} />
      </dd>
      <dt>Kind</dt>
      <dd className="truncate font-mono" title={type}>
        {type}
      </dd>
      <dt>Attempts</dt>
      <dd className="tabular-nums">{node.attempts}</dd>
    </dl>
  )
}

/** The server's own sentence on why the job is where it is. */
function Why({ job }: { job: string }) {
  const query = useQuery(jobQuery(job))
  if (!query.data?.why) return null
  return <p className="text-xs break-words text-ink-soft">{query.data.why}</p>
}

function RerunFrom({ run, id, title }: { run: Run; id: string; title: string }) {
  const [asking, ask] = useState(false)
  if (!useCan('runs', 'operator')) return null
  return (
    <>
      <Button onClick={() => ask(true)}>
        <RotateCcw size={13} aria-hidden /> Run again from here
      </Button>
      <RerunDialog run={run} node={{ id, title }} open={asking} onOpenChange={ask} />
    </>
  )
}
