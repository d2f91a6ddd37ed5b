/** One node as a card: its type's icon, its id and what it does; in a run also its state, attempts and time. Memoised. */
import { Handle, Position, type NodeProps } from '@xyflow/react'
import clsx from 'clsx'
import { RotateCw } from 'lucide-react'
import { memo } from 'react'

import { labelOf, toneOf } from '../graph/states'
import type { ViewNode } from '../graph/view'
import { Took } from '../ui/Ago'
import { plural } from '../ui/format'
import { StateIcon } from '../ui/StateBadge'
import type { CardNode } from './flow'
import { NodeIcon } from './NodeIcon'

export const NodeCard = memo(function NodeCard({ data, selected }: NodeProps<CardNode>) {
  const { view } = data
  const unreached = view.state === 'PENDING' || view.state === 'SKIPPED'
  return (
    <div
      data-tone={view.state ? toneOf(view.state) : 'neutral'}
      className={clsx(
        'flex h-full w-full flex-col justify-center rounded-lg border bg-panel text-left shadow-card transition-[border-color,box-shadow]',
        view.state && !unreached ? 'border-tone-mark' : 'border-line-strong',
        view.state === 'SKIPPED' && 'border-dashed',
        selected && 'ring-2 ring-accent ring-offset-2 ring-offset-canvas',
      )}
    >
      {view.join && (
        <span
          title={`Runs as soon as ${view.join} of its edges ${view.join === 'any' ? 'is' : 'are'} taken`}
          className="absolute -top-2 left-2.5 rounded-full border border-line-strong bg-panel px-1.5 text-[10px] leading-3.5 text-ink-soft"
        >
          {view.join}
        </span>
      )}
      {view.hasInput && <Handle type="target" position={Position.Left} isConnectable={false} />}
      <div className={clsx('flex items-center gap-2.5 px-3', unreached && 'text-ink-soft')}>
        <span className="flex size-8 shrink-0 items-center justify-center rounded-md bg-raised text-ink-soft">
          <NodeIcon type={view.type} />
        </span>
        <span className="min-w-0 flex-1">
          <span className="block truncate leading-4 font-medium" title={view.title}>
            {view.title}
          </span>
          <span className="block truncate text-[11px] leading-4 text-ink-faint" title={view.summary}>
            {view.state ? view.type : view.summary || view.type}
          </span>
        </span>
      </div>
      {view.state && <StateLine view={view} state={view.state} />}
      {view.ports.map((port, index) => (
        <Handle
          key={port}
          id={port}
          type="source"
          position={Position.Right}
          isConnectable={false}
          style={{ top: `${((index + 1) * 100) / (view.ports.length + 1)}%` }}
        />
      ))}
    </div>
  )
})

function StateLine({ view, state }: { view: ViewNode; state: string }) {
  return (
    <div className="mt-1.5 flex items-center gap-1.5 px-3 text-[11px] leading-4">
      <StateIcon state={state} size={13} />
      <span className="font-medium text-tone">{labelOf(state)}</span>
      {view.attempts > 1 && (
        <span
          title={plural(view.attempts, 'attempt')}
          className="inline-flex items-center gap-0.5 text-ink-soft"
        >
          <RotateCw size={10} aria-hidden />
          {view.attempts}
          <span className="sr-only">attempts</span>
        </span>
      )}
      <span className="ml-auto text-ink-faint">
        <Took from={view.startedAt} to={view.finishedAt} none="" />
      </span>
    </div>
  )
}
