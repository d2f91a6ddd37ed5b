/**
 * Connections drawn by pointer: made, refused, moved to another node, or dropped on the empty canvas for a new node.
 *
 * The handlers stay the same ones: xyflow tells all its cards when one changes.
 */
import { useReactFlow, type Connection, type Edge, type FinalConnectionState } from '@xyflow/react'
import { useEffect, useMemo, useRef } from 'react'

import { graphAt, type Graph } from '../../graph/edit/document'
import { disconnect, refusal, refusals, type Link } from '../../graph/edit/edges'
import { ENTRY } from '../../graph/edit/shape'
import { connecting, reconnecting } from '../acts'
import { present } from '../session'
import { useTools } from '../tools'
import { setWiring } from './wiring'

type Ends = Connection | Edge

interface Start {
  nodeId: string | null
  handleId: string | null
  handleType: 'source' | 'target' | null
}

function linkOf({ source, sourceHandle, target }: Ends): Link {
  return { from: source, port: sourceHandle ?? 'out', to: target }
}

function canvas(): Element | null {
  return document.querySelector('.edit-canvas')
}

export function useWires() {
  const { session, act, kinds, look } = useTools()
  const { screenToFlowPosition } = useReactFlow()
  const latest = useRef(session)
  useEffect(() => {
    latest.current = session
  }, [session])
  /** The edge whose end is being moved. */
  const moved = useRef<string | null>(null)
  return useMemo(() => {
    const graph = (): Graph => {
      const { path } = latest.current
      const whole = present(latest.current)
      return graphAt(moved.current === null ? whole : disconnect(whole, path, new Set([moved.current])), path)
    }
    return {
      onConnectStart: (_: unknown, { nodeId, handleId, handleType }: Start) => {
        if (handleType !== 'source' || nodeId === null) return
        const port = handleId ?? 'out'
        setWiring({ from: nodeId, port, refused: refusals(graph(), nodeId, port, kinds) })
        canvas()?.setAttribute('data-wiring', '')
      },
      onConnectEnd: (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
        setWiring(null)
        canvas()?.removeAttribute('data-wiring')
        if (moved.current !== null || state.toNode || state.fromHandle?.type !== 'source') return
        const at = screenToFlowPosition(pointOf(event))
        const after = { from: state.fromHandle.nodeId, port: state.fromHandle.id ?? 'out' }
        look({ asking: { what: 'add', spot: { at: { x: at.x, y: at.y - ENTRY }, after } } })
      },
      isValidConnection: (ends: Ends) => refusal(graph(), linkOf(ends), kinds) === null,
      onConnect: (ends: Connection) => act(connecting(linkOf(ends), kinds)),
      onReconnectStart: (_: unknown, edge: Edge) => {
        moved.current = edge.id
      },
      onReconnectEnd: () => {
        moved.current = null
      },
      onReconnect: (edge: Edge, ends: Connection) => act(reconnecting(edge.id, linkOf(ends), kinds)),
    }
  }, [act, kinds, look, screenToFlowPosition])
}

function pointOf(event: MouseEvent | TouchEvent) {
  const point = 'changedTouches' in event ? (event.changedTouches[0] ?? { clientX: 0, clientY: 0 }) : event
  return { x: point.clientX, y: point.clientY }
}
