/** Two definitions as one graph on a canvas: read only, pan and zoom, one node selectable. Loaded when it is drawn. */
import '@xyflow/react/dist/base.css'

import {
  Background,
  BackgroundVariant,
  BaseEdge,
  Controls,
  EdgeLabelRenderer,
  getBezierPath,
  Handle,
  Position,
  ReactFlow,
  type Edge,
  type EdgeProps,
  type EdgeTypes,
  type Node,
  type NodeChange,
  type NodeProps,
  type NodeTypes,
} from '@xyflow/react'
import clsx from 'clsx'
import { memo, useMemo } from 'react'

import '../canvas/canvas.css'
import { NodeIcon } from '../canvas/NodeIcon'
import { NODE_HEIGHT, NODE_WIDTH } from '../graph/layout'
import { FateIcon, TONES } from './Fate'
import type { DiffEdge, DiffNode, GraphDiff } from './graphDiff'

type FateNode = Node<{ node: DiffNode }, 'fate'>
type FateEdge = Edge<{ edge: DiffEdge }, 'fate'>

const nodeTypes: NodeTypes = { fate: memo(FateCard) }
const edgeTypes: EdgeTypes = { fate: memo(FateLine) }
const attribution = { hideAttribution: true }
const whole = { padding: 0.12, maxZoom: 1 }

interface Props {
  diff: GraphDiff
  selected: string | undefined
  onSelect: (node: string | undefined) => void
}

export function DiffCanvas({ diff, selected, onSelect }: Props) {
  const nodes = useMemo(
    () => diff.nodes.map((node) => flowNode(node, node.id === selected)),
    [diff.nodes, selected],
  )
  const edges = useMemo(() => diff.edges.map(flowEdge), [diff.edges])
  const select = (changes: NodeChange<FateNode>[]) => {
    const selections = changes.filter((change) => change.type === 'select')
    if (selections.length > 0) onSelect(selections.find((change) => change.selected)?.id)
  }
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      onNodesChange={select}
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      onlyRenderVisibleElements={nodes.length > 150}
      deleteKeyCode={null}
      zoomOnScroll={false}
      preventScrolling={false}
      zoomActivationKeyCode={['Meta', 'Control']}
      minZoom={0.1}
      maxZoom={1.5}
      fitView
      fitViewOptions={whole}
      proOptions={attribution}
      aria-label="Both versions as one graph"
    >
      <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} color="var(--line-strong)" />
      <Controls showInteractive={false} position="bottom-left" />
    </ReactFlow>
  )
}

function flowNode(node: DiffNode, selected: boolean): FateNode {
  return {
    id: node.id,
    type: 'fate',
    position: node.position,
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    measured: { width: NODE_WIDTH, height: NODE_HEIGHT },
    selected,
    ariaLabel: `${node.title}, ${node.type}, ${node.fate}`,
    data: { node },
  }
}

function flowEdge(edge: DiffEdge): FateEdge {
  return {
    id: edge.id,
    type: 'fate',
    source: edge.from,
    sourceHandle: edge.port,
    target: edge.to,
    data: { edge },
  }
}

function FateCard({ data: { node }, selected }: NodeProps<FateNode>) {
  const differs = node.fate !== 'same'
  return (
    <div
      data-tone={TONES[node.fate]}
      className={clsx(
        'flex h-full w-full items-center gap-2.5 rounded-lg border bg-panel px-3 shadow-card',
        differs ? 'border-tone-mark' : 'border-line text-ink-soft',
        node.fate === 'removed' && 'border-dashed',
        selected && 'ring-2 ring-accent ring-offset-2 ring-offset-canvas',
      )}
    >
      {differs && (
        <span className="absolute -top-2 left-2.5 inline-flex items-center gap-1 rounded-full bg-tone-soft px-1.5 text-[10px] leading-4 font-medium text-tone">
          <FateIcon fate={node.fate} size={10} />
          {node.fate}
        </span>
      )}
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <span className="flex size-8 shrink-0 items-center justify-center rounded-md bg-raised text-ink-soft">
        <NodeIcon type={node.type} />
      </span>
      <span className="min-w-0 flex-1">
        <span
          title={node.title}
          className={clsx('block truncate leading-4 font-medium', node.fate === 'removed' && 'line-through')}
        >
          {node.title}
        </span>
        <span title={node.summary} className="block truncate text-[11px] leading-4 text-ink-faint">
          {node.summary || node.type}
        </span>
      </span>
      {node.ports.map((port, index) => (
        <Handle
          key={port}
          id={port}
          type="source"
          position={Position.Right}
          isConnectable={false}
          style={{ top: `${((index + 1) * 100) / (node.ports.length + 1)}%` }}
        />
      ))}
    </div>
  )
}

const LINES = { same: '', added: 'edge-taken', removed: 'edge-removed', changed: '' } as const

function FateLine(props: EdgeProps<FateEdge>) {
  const { data, sourceX, sourceY, targetX, targetY } = props
  const [path] = getBezierPath(props)
  if (!data) return null
  const { edge } = data
  const removed = edge.fate === 'removed'
  return (
    <>
      <BaseEdge
        path={path}
        className={clsx('edge-line', LINES[edge.fate])}
        style={removed ? { stroke: 'var(--failure-mark)', strokeDasharray: '4 4' } : {}}
      />
      <circle
        cx={targetX}
        cy={targetY}
        r={3}
        className={clsx('edge-end', LINES[edge.fate])}
        style={removed ? { fill: 'var(--failure-mark)' } : {}}
      />
      {edge.port !== 'out' && (
        <EdgeLabelRenderer>
          <span
            className="edge-label"
            data-state={edge.fate === 'added' ? 'taken' : removed ? 'dead' : 'open'}
            style={{ transform: `translate(${sourceX + 9}px, ${sourceY}px) translateY(-50%)` }}
          >
            {edge.port}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  )
}
