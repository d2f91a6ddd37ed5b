/** Zoom, the whole graph, and the minimap on or off. */
import { useStore } from '@xyflow/react'
import { Map as MapIcon, Maximize, Minus, Plus } from 'lucide-react'

import type { Position } from '../../api/types'
import { IconButton } from '../frame/IconButton'
import { useTools } from '../tools'
import type { Sight } from './useSight'

interface Props {
  sight: Sight
  places: readonly { position: Position }[]
}

export function ZoomBar({ sight, places }: Props) {
  const whole = () => sight.show(places.map(({ position }) => position))
  const { look, looks } = useTools()
  return (
    <div className="absolute bottom-3 left-3 z-10 flex items-center gap-0.5 rounded-lg border border-line bg-panel p-1 shadow-card">
      <IconButton label="Zoom out" keys="−" Icon={Minus} onClick={() => sight.zoom('out')} />
      <Percent onClick={() => sight.zoom('whole')} />
      <IconButton label="Zoom in" keys="+" Icon={Plus} onClick={() => sight.zoom('in')} />
      <IconButton label="Show the whole graph" keys="F" Icon={Maximize} onClick={whole} />
      <IconButton
        label="Minimap"
        keys="M"
        Icon={MapIcon}
        pressed={looks.minimap}
        onClick={() => look({ minimap: !looks.minimap })}
      />
    </div>
  )
}

/** Alone, so that a zoom draws this text and nothing else. */
function Percent({ onClick }: { onClick: () => void }) {
  const percent = useStore((state) => Math.round(state.transform[2] * 100))
  return (
    <button
      type="button"
      onClick={onClick}
      title="Back to 100 %"
      className="h-7 w-11 rounded-md text-xs text-ink-soft tabular-nums hover:bg-raised hover:text-ink"
    >
      {percent}&thinsp;%
    </button>
  )
}
