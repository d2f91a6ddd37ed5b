/**
 * The ports of a node: a handle to drag from, its name where it isn't the only way, and for a free one a button that adds
 * the node that it leads to. Free ports of failures and timeouts show themselves only when one comes near.
 */
import { Handle, Position } from '@xyflow/react'
import clsx from 'clsx'
import { Plus } from 'lucide-react'

import { isSidePort, portPlaces, type EditNode } from '../../graph/edit/shape'
import { useCanvasActs } from './acts'

export function Ports({ view }: { view: EditNode }) {
  const ports = view.ports === '' ? [] : view.ports.split(',')
  const free = new Set(view.free.split(','))
  const places = portPlaces(ports)
  return ports.map((port, index) => (
    <Port key={port} node={view.id} port={port} top={places[index] ?? 0} free={free.has(port)} />
  ))
}

interface PortProps {
  node: string
  port: string
  top: number
  free: boolean
}

function Port({ node, port, top, free }: PortProps) {
  const { addAfter } = useCanvasActs()
  const quiet = free && isSidePort(port)
  return (
    <>
      <Handle
        id={port}
        type="source"
        position={Position.Right}
        role="button"
        aria-label={`${node} port ${port}`}
        data-port={port}
        className={clsx(quiet && 'port-quiet')}
        style={{ top }}
      />
      {port !== 'out' && (
        <span
          aria-hidden
          data-port={port}
          className={clsx('port-name', quiet && 'port-quiet')}
          style={{ top }}
        >
          {port}
        </span>
      )}
      {free && (
        <span
          className={clsx('port-add', isSidePort(port) && 'port-quiet')}
          style={{ top, left: `calc(100% + ${port === 'out' ? 10 : 22 + port.length * 6}px)` }}
        >
          <button
            type="button"
            tabIndex={-1}
            aria-label={`Add a node after ${node} port ${port}`}
            title="Add a node here"
            onClick={() => addAfter(node, port)}
            className="nodrag nopan"
          >
            <Plus size={11} aria-hidden />
          </button>
        </span>
      )}
    </>
  )
}
