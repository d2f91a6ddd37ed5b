/**
 * All edges, drawn under the cards in the graph's own coordinates.
 *
 * Not by xyflow, which asks of each edge at every step of a pan where it lies: here cards never move, so an edge is drawn
 * once, and again only when its state changes.
 */
import { ViewportPortal } from '@xyflow/react'
import { memo, useMemo } from 'react'

import type { View } from '../graph/view'
import { EdgeLine } from './EdgeLine'
import { endsOf, type Ends } from './ends'

export const Edges = memo(function Edges({ nodes, edges }: View) {
  const places = useMemo(() => new Map(nodes.map((node) => [node.id, node])), [nodes])
  return (
    <ViewportPortal>
      <svg aria-hidden className="edges">
        {edges.map((edge) => {
          const ends = endsOf(edge, places)
          return ends && <EdgeLine key={edge.id} view={edge} {...ends} />
        })}
      </svg>
      {edges.map((edge) => {
        const ends = edge.label ? endsOf(edge, places) : null
        return ends && <Label key={edge.id} text={edge.label} state={edge.state} ends={ends} />
      })}
    </ViewportPortal>
  )
})

const GAP = 9

/** A port other than `out` is named on its line at the beginning, where the lines of several ports still run apart. */
function Label({ text, state, ends }: { text: string; state: string; ends: Ends }) {
  return (
    <span className="edge-label" data-state={state} style={{ left: ends.sourceX + GAP, top: ends.sourceY }}>
      {text}
    </span>
  )
}
