/** The axis: times since the run's beginning. Dragging over it looks at that part. */
import { useRef, useState, type PointerEvent } from 'react'

import { ticksOf, type Span } from '../../graph/gantt'
import { brief } from './brief'

const TICKS = 6
/** A shorter drag is a click by an unsteady hand. */
const LEAST = 6

interface Props {
  span: Span
  onChoose: (span: Span) => void
}

export function Axis({ span, onChoose }: Props) {
  const track = useRef<HTMLDivElement>(null)
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null)
  const length = span.to - span.from
  const placeOf = (event: PointerEvent) => {
    const box = track.current?.getBoundingClientRect()
    return box ? Math.min(box.width, Math.max(0, event.clientX - box.left)) : 0
  }
  const end = () => {
    const width = track.current?.clientWidth ?? 0
    if (drag && width > 0 && Math.abs(drag.to - drag.from) >= LEAST) {
      const time = (place: number) => span.from + (place / width) * length
      onChoose({ from: time(Math.min(drag.from, drag.to)), to: time(Math.max(drag.from, drag.to)) })
    }
    setDrag(null)
  }
  return (
    <div className="ml-[calc(7rem+1.75rem)] mr-4 py-1 sm:ml-[calc(10rem+1.75rem)]">
      <div
        ref={track}
        aria-hidden
        title="Drag to look at a part"
        className="relative h-6 cursor-col-resize touch-none border-b border-line text-[11px] text-ink-faint tabular-nums"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          setDrag({ from: placeOf(event), to: placeOf(event) })
        }}
        onPointerMove={(event) => drag && setDrag({ ...drag, to: placeOf(event) })}
        onPointerUp={end}
        onPointerCancel={() => setDrag(null)}
      >
        {ticksOf(span, TICKS).map((at) => (
          <span
            key={at}
            className="pointer-events-none absolute bottom-0 h-1.5 border-l border-line-strong"
            style={{ left: `${((at - span.from) / length) * 100}%` }}
          >
            <span className="absolute bottom-1.5 -translate-x-1/2 whitespace-nowrap">{brief(at)}</span>
          </span>
        ))}
        {drag && (
          <span
            className="absolute inset-y-0 bg-accent-soft/80 outline outline-accent"
            style={{ left: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from) }}
          />
        )}
      </div>
    </div>
  )
}
