/** The editor's view in xyflow's words. What looks the same is the same flow object, so that only what changed is drawn. */
import type { Edge, Node } from '@xyflow/react'

import type { Position } from '../../api/types'
import { NODE_WIDTH } from '../../graph/layout'
import type { EditEdge, EditNode } from '../../graph/edit/shape'
import { labelOf } from '../../graph/states'
import { plural } from '../../ui/format'

export type EditCardNode = Node<{ view: EditNode }, 'edit'>
export type EditLineEdge = Edge<{ view: EditEdge }, 'edit'>

const nodes = [new WeakMap<EditNode, EditCardNode>(), new WeakMap<EditNode, EditCardNode>()] as const
const lines = [new WeakMap<EditEdge, EditLineEdge>(), new WeakMap<EditEdge, EditLineEdge>()] as const

/** `moved`: where it is dragged to right now. */
export function cardOf(view: EditNode, selected: boolean, moved?: Position): EditCardNode {
  const known = nodes[selected ? 1 : 0]
  const made = known.get(view) ?? madeCard(view, selected)
  known.set(view, made)
  return moved ? { ...made, position: moved, dragging: true } : made
}

function madeCard(view: EditNode, selected: boolean): EditCardNode {
  const size = { width: NODE_WIDTH, height: view.height }
  return {
    id: view.id,
    type: 'edit',
    position: view.position,
    ...size,
    measured: size,
    selected,
    ariaLabel: spoken(view),
    data: { view },
  }
}

function spoken(view: EditNode): string {
  return [
    view.title,
    view.kindTitle,
    view.problems > 0 && plural(view.problems, 'problem'),
    view.state && labelOf(view.state),
  ]
    .filter(Boolean)
    .join(', ')
}

export function lineOf(view: EditEdge, selected: boolean): EditLineEdge {
  const known = lines[selected ? 1 : 0]
  const made = known.get(view) ?? madeLine(view, selected)
  known.set(view, made)
  return made
}

function madeLine(view: EditEdge, selected: boolean): EditLineEdge {
  return {
    id: view.id,
    type: 'edit',
    source: view.from,
    sourceHandle: view.port,
    target: view.to,
    selected,
    reconnectable: selected,
    focusable: false,
    zIndex: selected ? 1 : 0,
    data: { view },
  }
}
