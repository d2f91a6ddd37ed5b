/** One node as a card: its type's icon, its id and what it does; in a run also its state, attempts and time. Memoised. */
import type { NodeProps } from '@xyflow/react'
import clsx from 'clsx'
import { memo } from 'react'

import { toneOf } from '../graph/states'
import type { ViewNode } from '../graph/view'
import { CardState } from './CardState'
import { portAt } from './ends'
import type { CardNode } from './flow'
import { NodeIcon } from './NodeIcon'

export const NodeCard = memo(function NodeCard({ data, selected }: NodeProps<CardNode>) {
  const { view } = data
  const unreached = isUnreached(view)
  return (
    <div
      data-tone={view.state ? toneOf(view.state) : 'neutral'}
      className={clsx(
        'flex h-full w-full flex-col justify-center rounded-lg border bg-panel text-left shadow-card',
        outline(view),
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
      <div className="card-body">
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
        <CardState view={view} />
      </div>
      {view.ports.map((port) => (
        <span key={port} className="card-port" style={{ top: `${portAt(view.ports, port) * 100}%` }} />
      ))}
    </div>
  )
})

function isUnreached(view: ViewNode): boolean {
  return view.state === 'PENDING' || view.state === 'SKIPPED'
}

/** In a run the state's colour; beside another run the accent, where the two differ. */
function outline(view: ViewNode): string {
  if (view.against) return view.against.differs ? 'border-accent border-2' : 'border-line-strong opacity-70'
  return view.state && !isUnreached(view) ? 'border-tone-mark' : 'border-line-strong'
}
