/**
 * The view in xyflow's words. Each view object gives the same flow object again, so that the canvas sees a change only
 * where there is one.
 */
import type { Node } from '@xyflow/react'

import { NODE_HEIGHT, NODE_WIDTH } from '../graph/layout'
import { labelOf } from '../graph/states'
import type { ViewNode } from '../graph/view'

export type CardNode = Node<{ view: ViewNode }, 'card'>

const plain = new WeakMap<ViewNode, CardNode>()
const chosen = new WeakMap<ViewNode, CardNode>()

export function flowNode(view: ViewNode, selected: boolean): CardNode {
  const known = selected ? chosen : plain
  const made = known.get(view)
  if (made) return made
  const node: CardNode = {
    id: view.id,
    type: 'card',
    position: view.position,
    // In place of xyflow's transform: five hundred of them are ordered anew at each step of a pan.
    style: { left: view.position.x, top: view.position.y, transform: 'none' },
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    measured: { width: NODE_WIDTH, height: NODE_HEIGHT },
    selected,
    ariaLabel: [view.title, view.type, view.state && labelOf(view.state), differs(view)]
      .filter(Boolean)
      .join(', '),
    data: { view },
  }
  known.set(view, node)
  return node
}

function differs({ against }: ViewNode): string | null {
  if (!against) return null
  return against.differs ? `differs: ${against.differs}` : 'the same in both'
}
