/**
 * One edge. Taken: solid and in the success tone; dead: thin and dashed; open: plain; a target at work: moving dashes.
 * A port other than `out` is named on the line at its beginning, where the lines of several ports still run apart.
 */
import { BaseEdge, EdgeLabelRenderer, getBezierPath, type EdgeProps } from '@xyflow/react'
import { memo } from 'react'

import type { LineEdge } from './flow'

const LABEL_GAP = 9

export const EdgeLine = memo(function EdgeLine(props: EdgeProps<LineEdge>) {
  const { data, sourceX, sourceY, targetX, targetY } = props
  const [path] = getBezierPath(props)
  const view = data?.view
  if (!view) return null
  return (
    <>
      <BaseEdge path={path} className={`edge-line edge-${view.state} ${view.active ? 'edge-active' : ''}`} />
      <circle cx={targetX} cy={targetY} r={3} className={`edge-end edge-${view.state}`} />
      {view.label && (
        <EdgeLabelRenderer>
          <span
            className="edge-label"
            data-state={view.state}
            style={{
              transform: `translate(${sourceX + LABEL_GAP}px, ${sourceY}px) translateY(-50%)`,
            }}
          >
            {view.label}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  )
})
