/** Closer, further, everything. The same as the keys and Ctrl + wheel. */
import { ChevronLeft, ChevronRight, Maximize2, ZoomIn, ZoomOut, type LucideIcon } from 'lucide-react'

import type { SpanControl } from './useSpan'

export function ZoomButtons({ control }: { control: SpanControl }) {
  return (
    <div role="group" aria-label="Zoom of the timeline" className="ml-auto flex items-center gap-0.5">
      {!control.isWhole && (
        <>
          <IconButton label="Earlier" Icon={ChevronLeft} onClick={() => control.pan(-0.5)} />
          <IconButton label="Later" Icon={ChevronRight} onClick={() => control.pan(0.5)} />
          <IconButton label="Show all of the timeline" Icon={Maximize2} onClick={control.showAll} />
          <IconButton label="Zoom the timeline out" Icon={ZoomOut} onClick={() => control.zoom(2)} />
        </>
      )}
      <IconButton label="Zoom into the timeline" Icon={ZoomIn} onClick={() => control.zoom(0.5)} />
    </div>
  )
}

function IconButton({ label, Icon, onClick }: { label: string; Icon: LucideIcon; onClick: () => void }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={onClick}
      className="rounded p-1 text-ink-faint hover:bg-raised hover:text-ink"
    >
      <Icon size={14} aria-hidden />
    </button>
  )
}
