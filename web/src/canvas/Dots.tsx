/**
 * The dotted ground. Shifted as a layer by itself, within one gap: only another zoom paints it anew, where a ground that
 * is painted in place is painted at every step of a pan.
 */
import { useStore, type ReactFlowState } from '@xyflow/react'
import { useId } from 'react'

const GAP = 20
const RADIUS = 0.7

const horizontal = ({ transform: [x, , zoom] }: ReactFlowState) => x % (GAP * zoom)
const vertical = ({ transform: [, y, zoom] }: ReactFlowState) => y % (GAP * zoom)
const zoomOf = ({ transform: [, , zoom] }: ReactFlowState) => zoom

export function Dots() {
  const id = useId()
  const zoom = useStore(zoomOf)
  const gap = GAP * zoom
  const shift = `translate(${useStore(horizontal)}px, ${useStore(vertical)}px)`
  return (
    // One gap larger on each side than what is seen of it.
    <div aria-hidden className="dots" style={{ inset: -gap, transform: shift }}>
      <svg width="100%" height="100%">
        <pattern id={id} width={gap} height={gap} patternUnits="userSpaceOnUse">
          <circle cx={gap / 2} cy={gap / 2} r={RADIUS * zoom} />
        </pattern>
        <rect width="100%" height="100%" fill={`url(#${id})`} />
      </svg>
    </div>
  )
}
