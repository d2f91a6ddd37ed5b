/**
 * Draws a view: read only, pan and zoom, one node selectable. A thin layer over xyflow; what is drawn is decided in
 * `graph/view`.
 *
 * Node objects are kept as long as the view's are, so a status tick reaches only the cards that changed.
 */
import '@xyflow/react/dist/base.css'

import {
  ControlButton,
  Controls,
  ReactFlow,
  ReactFlowProvider,
  type NodeChange,
  type NodeTypes,
} from '@xyflow/react'
import { Maximize } from 'lucide-react'
import { useMemo } from 'react'

import { SMALLEST } from '../graph/fit'
import type { View } from '../graph/view'
import './canvas.css'
import { Dots } from './Dots'
import { Edges } from './Edges'
import { flowNode, type CardNode } from './flow'
import { NodeCard } from './NodeCard'
import { useFit } from './useFit'
import { useSight } from './useSight'

const nodeTypes: NodeTypes = { card: NodeCard }
/** From here on only cards in sight are drawn, and nothing spins: each moving icon would be a layer of its own. */
const MANY = 150
const attribution = { hideAttribution: true }
const words = {
  'node.a11yDescription.default': 'Enter or space shows the node, Escape leaves it.',
  'controls.ariaLabel': 'Zoom',
}

interface Props {
  view: View
  selected?: string | undefined
  onSelect?: ((node: string | undefined) => void) | undefined
}

export function Canvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  )
}

/** A click, Enter, Escape or a click beside: xyflow tells all of them as changes of the selection. */
function selectBy(changes: NodeChange<CardNode>[], onSelect: Props['onSelect']) {
  const selections = changes.filter((change) => change.type === 'select')
  if (selections.length === 0) return
  onSelect?.(selections.find((change) => change.selected)?.id)
}

function Flow({ view, selected, onSelect }: Props) {
  const nodes = useMemo(
    () => view.nodes.map((node) => flowNode(node, node.id === selected)),
    [view.nodes, selected],
  )
  const { area, show } = useFit(view.nodes, selected)
  const sight = useSight(area)
  return (
    <div ref={area} data-graph="view" data-many={nodes.length > MANY || undefined} className="h-full w-full">
      <ReactFlow
        nodes={nodes}
        nodeTypes={nodeTypes}
        onNodesChange={(changes) => selectBy(changes, onSelect)}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={onSelect !== undefined}
        ariaLabelConfig={words}
        elementsSelectable={onSelect !== undefined}
        onlyRenderVisibleElements={nodes.length > MANY}
        {...sight}
        deleteKeyCode={null}
        zoomOnScroll={false}
        preventScrolling={false}
        zoomActivationKeyCode={['Meta', 'Control']}
        minZoom={SMALLEST}
        maxZoom={1.5}
        proOptions={attribution}
        aria-label="Graph of the workflow"
      >
        <Dots />
        <Edges nodes={view.nodes} edges={view.edges} />
        <Controls showInteractive={false} showFitView={false} position="bottom-left">
          <ControlButton onClick={show} title="Show the whole graph" aria-label="Show the whole graph">
            <Maximize aria-hidden />
          </ControlButton>
        </Controls>
      </ReactFlow>
    </div>
  )
}
