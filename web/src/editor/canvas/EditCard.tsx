/**
 * One node in the editor: what it is and does, its problems and note, and a handle for each port. A map or loop is a
 * stack that can be opened. Memoised: drawn again only when its own view, selection or reach changes.
 */
import { Handle, Position, type NodeProps } from '@xyflow/react'
import clsx from 'clsx'
import { ChevronRight, CircleAlert, StickyNote } from 'lucide-react'
import { memo } from 'react'

import { NodeIcon } from '../../canvas/NodeIcon'
import { ENTRY, type EditNode } from '../../graph/edit/shape'
import { toneOf } from '../../graph/states'
import { plural } from '../../ui/format'
import { StateIcon } from '../../ui/StateBadge'
import { useCanvasActs } from './acts'
import type { EditCardNode } from './editFlow'
import { Ports } from './Ports'
import { useReach } from './wiring'

export const EditCard = memo(function EditCard({ data, selected }: NodeProps<EditCardNode>) {
  const { view } = data
  const reach = useReach(view.id)
  return (
    <div
      data-tone={view.state ? toneOf(view.state) : 'neutral'}
      data-reach={reach}
      className={clsx(
        'edit-card group relative h-full w-full rounded-lg border bg-panel shadow-card',
        view.state ? 'border-tone-mark' : 'border-line-strong',
        view.inside !== null && 'edit-stack',
        !view.known && 'border-dashed',
        selected && 'ring-2 ring-accent',
      )}
    >
      <Handle
        type="target"
        position={Position.Left}
        role="button"
        aria-label={`${view.id} input`}
        style={{ top: ENTRY }}
      />
      {view.join && <Join join={view.join} />}
      {view.undoes && (
        <Chip text={`undoes ${view.undoes}`} title="Runs only when the run fails, to undo that node" />
      )}
      <Face view={view} />
      {view.inside !== null && <Inside view={view} />}
      {view.problems > 0 && (
        <span
          title={plural(view.problems, 'problem')}
          data-tone="failure"
          className="absolute -top-2 -right-2 inline-flex h-4.5 items-center gap-0.5 rounded-full border border-tone-mark bg-tone-soft px-1 text-[10.5px] leading-none font-semibold text-tone"
        >
          <CircleAlert size={10} aria-hidden />
          {view.problems}
        </span>
      )}
      {view.state && (
        <span className="absolute -right-1.5 -bottom-1.5 rounded-full bg-panel p-px">
          <StateIcon state={view.state} size={15} />
        </span>
      )}
      <Ports view={view} />
      {view.notes && <Note text={view.notes} />}
    </div>
  )
})

function Join({ join }: { join: string }) {
  return (
    <Chip text={join} title={`Runs as soon as ${join} of its edges ${join === 'any' ? 'is' : 'are'} taken`} />
  )
}

function Chip({ text, title }: { text: string; title: string }) {
  return (
    <span
      title={title}
      className="absolute -top-2 left-2.5 max-w-[150px] truncate rounded-full border border-line-strong bg-panel px-1.5 text-[10px] leading-3.5 text-ink-soft"
    >
      {text}
    </span>
  )
}

function Face({ view }: { view: EditNode }) {
  return (
    <div className="flex h-[74px] items-center gap-2.5 px-3">
      <span className="flex size-8 shrink-0 items-center justify-center rounded-md bg-raised text-ink-soft">
        <NodeIcon type={view.type} />
      </span>
      <span className="min-w-0 flex-1">
        <span className="block truncate leading-4 font-medium" title={view.title}>
          {view.title}
        </span>
        <span className="block truncate text-[11px] leading-4 text-ink-faint" title={view.summary}>
          {view.known ? view.summary || view.kindTitle : `unknown type ${view.type}`}
        </span>
      </span>
    </div>
  )
}

function Inside({ view }: { view: EditNode }) {
  const { enter } = useCanvasActs()
  return (
    <button
      type="button"
      aria-label={`Open the steps of ${view.id}`}
      onClick={() => enter(view.id)}
      className="nodrag nopan absolute -bottom-2.5 left-2.5 inline-flex h-5 items-center gap-0.5 rounded-full border border-line-strong bg-panel pr-1 pl-1.5 text-[10.5px] font-medium text-ink-soft hover:bg-raised hover:text-ink"
    >
      {plural(view.inside ?? 0, 'step')}
      <ChevronRight size={11} aria-hidden />
    </button>
  )
}

function Note({ text }: { text: string }) {
  return (
    <p className="pointer-events-none absolute top-full left-0 mt-3.5 flex w-full gap-1 text-[11px] leading-4 text-ink-soft">
      <StickyNote size={11} aria-hidden className="mt-0.5 shrink-0 text-ink-faint" />
      <span className="line-clamp-3 min-w-0 break-words whitespace-pre-line">{text}</span>
    </p>
  )
}
