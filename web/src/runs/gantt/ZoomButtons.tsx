/** Closer, further, everything. The same as the keys and Ctrl + wheel. */
import { ChevronLeft, ChevronRight, Maximize2, ZoomIn, ZoomOut } from 'lucide-react'

import { IconButton } from '../../ui/IconButton'
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
