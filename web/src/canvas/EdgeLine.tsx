/** One edge. Taken: solid and in the success tone; dead: thin and dashed; open: plain; a target at work: moving dashes. */
import { getBezierPath, Position } from '@xyflow/react'
import clsx from 'clsx'
import { memo } from 'react'

import type { ViewEdge } from '../graph/view'
import type { Ends } from './ends'

export const EdgeLine = memo(function EdgeLine({ view, ...ends }: Ends & { view: ViewEdge }) {
  const [path] = getBezierPath({ ...ends, sourcePosition: Position.Right, targetPosition: Position.Left })
  return (
    <g className="react-flow__edge">
      <path d={path} className={clsx('edge-line', `edge-${view.state}`, view.active && 'edge-active')} />
      <circle cx={ends.targetX} cy={ends.targetY} r={3} className={`edge-end edge-${view.state}`} />
    </g>
  )
})
