/**
 * What is done with nodes and edges on the canvas, as steps of the session. The handlers stay the same ones; nodes that
 * are dragged have their places here until they are dropped.
 */
import type { EdgeChange, Node, NodeChange } from '@xyflow/react'
import { useMemo, useState } from 'react'

import type { Position } from '../../api/types'
import { moving } from '../acts'
import { selecting } from '../session'
import { useTools } from '../tools'
import type { CanvasActs } from './acts'
import type { EditCardNode, EditLineEdge } from './editFlow'

export type Moved = Readonly<Record<string, Position>>

export function useChanges(acts: CanvasActs) {
  const { act, look } = useTools()
  const [moved, move] = useState<Moved | null>(null)
  const handlers = useMemo(() => {
    const drop = (dropped: readonly Node[]) => {
      move(null)
      act(moving(Object.fromEntries(dropped.map(({ id, position }) => [id, position]))))
    }
    return {
      onNodesChange: (changes: NodeChange<EditCardNode>[]) => {
        const places = dragged(changes)
        if (places) move((now) => ({ ...now, ...places }))
        const chosen = changes.filter((change) => change.type === 'select')
        if (chosen.length > 0)
          act((session) => selecting(after(session.selected, chosen), session.edges)(session))
      },
      onEdgesChange: (changes: EdgeChange<EditLineEdge>[]) => {
        const chosen = changes.filter((change) => change.type === 'select')
        if (chosen.length > 0)
          act((session) => selecting(session.selected, after(session.edges, chosen))(session))
      },
      onNodeDragStop: (_: unknown, __: Node, dropped: Node[]) => drop(dropped),
      onSelectionDragStop: (_: unknown, dropped: Node[]) => drop(dropped),
      onNodeClick: () => look({ tab: 'node' }),
      onNodeDoubleClick: (_: unknown, { id, data }: EditCardNode) =>
        data.view.inside === null ? look({ tab: 'node', sheet: 'inspector' }) : acts.enter(id),
    }
  }, [act, look, acts])
  return { moved, handlers }
}

function dragged(changes: NodeChange<EditCardNode>[]): Moved | null {
  const places = changes.flatMap((change) =>
    change.type === 'position' && change.dragging && change.position
      ? [[change.id, change.position] as const]
      : [],
  )
  return places.length === 0 ? null : Object.fromEntries(places)
}

function after(selected: readonly string[], changes: readonly { id: string; selected: boolean }[]): string[] {
  const next = new Set(selected)
  for (const { id, selected: on } of changes) {
    if (on) next.add(id)
    else next.delete(id)
  }
  return [...next]
}
