/**
 * The canvas: draws the graph at the editor's path and turns what is done on it into steps of the session.
 *
 * Panning and zooming change nothing in React. While nodes are dragged only their own cards get new places; the document
 * changes once, when they are dropped.
 */
import '@xyflow/react/dist/base.css'

import {
  Background,
  BackgroundVariant,
  MiniMap,
  ReactFlow,
  type EdgeTypes,
  type NodeTypes,
} from '@xyflow/react'
import { useMemo, useRef } from 'react'

import '../../canvas/canvas.css'
import { GRID } from '../../graph/edit/nodes'
import { SMALLEST } from '../../graph/fit'
import { useTools } from '../tools'
import { CanvasActsContext } from './acts'
import { CanvasBar } from './CanvasBar'
import './edit.css'
import { EditCard } from './EditCard'
import { cardOf, lineOf, type EditCardNode, type EditLineEdge } from './editFlow'
import { EditLine } from './EditLine'
import { EmptyCanvas } from './EmptyCanvas'
import { Trail } from './Trail'
import { useCanvasKeys } from './useCanvasKeys'
import { useChanges } from './useChanges'
import { useClipboard } from './useClipboard'
import { useDrops } from './useDrops'
import { useEditView } from './useEditView'
import { useMakeActs } from './useMakeActs'
import { useKeptMiddle, useLooking, useSight } from './useSight'
import { useWires } from './useWires'
import { WireHint } from './WireHint'
import { ZoomBar } from './ZoomBar'

const nodeTypes: NodeTypes = { edit: EditCard }
const edgeTypes: EdgeTypes = { edit: EditLine }
/** From here on, drawing only what is in sight costs less than it saves. */
const MANY = 150
const SNAP: [number, number] = [GRID, GRID]
const MINI = { width: 160, height: 104 }
const attribution = { hideAttribution: true }
const words = { 'minimap.ariaLabel': 'Minimap' }
const SEVERAL = ['Shift', 'Meta', 'Control']

/** One layer while it moves: see the style sheet. */
const moves = {
  onMoveStart: () => document.querySelector('.edit-canvas')?.setAttribute('data-moving', ''),
  onMoveEnd: () => document.querySelector('.edit-canvas')?.removeAttribute('data-moving'),
}

export function EditorCanvas() {
  const { session, looks } = useTools()
  const area = useRef<HTMLElement>(null)
  const view = useEditView()
  const acts = useMakeActs()
  const { moved, handlers } = useChanges(acts)
  const nodes = useMemo(() => {
    const chosen = new Set(session.selected)
    return view.nodes.map((node) => cardOf(node, chosen.has(node.id), moved?.[node.id]))
  }, [view.nodes, session.selected, moved])
  const edges = useMemo(
    () => view.edges.map((edge) => lineOf(edge, session.edges.includes(edge.id))),
    [view.edges, session.edges],
  )
  const sight = useSight()
  useLooking(sight, view.nodes)
  useKeptMiddle()
  useCanvasKeys(area, view.nodes, sight)
  useClipboard(area, sight.middle)
  return (
    <section
      ref={area}
      aria-label="Canvas"
      tabIndex={0}
      className="edit-canvas relative h-full w-full outline-offset-[-2px]"
    >
      <CanvasActsContext value={acts}>
        <ReactFlow<EditCardNode, EditLineEdge>
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          {...handlers}
          {...useWires()}
          {...useDrops()}
          {...moves}
          connectionRadius={26}
          snapToGrid
          snapGrid={SNAP}
          disableKeyboardA11y
          deleteKeyCode={null}
          multiSelectionKeyCode={SEVERAL}
          onlyRenderVisibleElements={nodes.length > MANY}
          panOnScroll
          zoomOnDoubleClick={false}
          minZoom={SMALLEST}
          maxZoom={1.6}
          proOptions={attribution}
          ariaLabelConfig={words}
        >
          <Background variant={BackgroundVariant.Dots} gap={GRID} size={1.2} color="var(--line-strong)" />
          {looks.minimap && nodes.length > 0 && (
            <MiniMap pannable zoomable nodeClassName={miniClass} style={MINI} />
          )}
        </ReactFlow>
      </CanvasActsContext>
      <Trail />
      <CanvasBar />
      <ZoomBar sight={sight} places={view.nodes} />
      <WireHint />
      {nodes.length === 0 && <EmptyCanvas />}
    </section>
  )
}

function miniClass(node: EditCardNode): string {
  return `${node.selected ? 'selected' : ''} ${node.data.view.problems > 0 ? 'wrong' : ''}`
}
