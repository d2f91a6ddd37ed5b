/** One edge in the editor. Selected, it offers to take a node in or to go. */
import { BaseEdge, EdgeLabelRenderer, getBezierPath, type EdgeProps } from '@xyflow/react'
import clsx from 'clsx'
import { Plus, Trash2, type LucideIcon } from 'lucide-react'
import { memo } from 'react'

import { useCanvasActs } from './acts'
import type { EditLineEdge } from './editFlow'

export const EditLine = memo(function EditLine(props: EdgeProps<EditLineEdge>) {
  const { id, data, selected } = props
  const [path, x, y] = getBezierPath(props)
  return (
    <>
      <BaseEdge
        path={path}
        interactionWidth={18}
        className={clsx('edge-line', selected && 'edge-chosen')}
        data-port={data?.view.port}
      />
      {selected && <Offers edge={id} x={x} y={y} />}
    </>
  )
})

function Offers({ edge, x, y }: { edge: string; x: number; y: number }) {
  const { insert, removeEdge } = useCanvasActs()
  return (
    <EdgeLabelRenderer>
      <div
        className="nodrag nopan pointer-events-auto absolute flex gap-1"
        style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
      >
        <Offer label="Add a node into this edge" Icon={Plus} onClick={() => insert(edge)} />
        <Offer label="Delete this edge" Icon={Trash2} onClick={() => removeEdge(edge)} />
      </div>
    </EdgeLabelRenderer>
  )
}

function Offer({ label, Icon, onClick }: { label: string; Icon: LucideIcon; onClick: () => void }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={onClick}
      className="inline-flex size-6 items-center justify-center rounded-full border border-line-strong bg-panel text-ink-soft shadow-card hover:bg-raised hover:text-ink"
    >
      <Icon size={12} aria-hidden />
    </button>
  )
}
