/** Connections drawn by pointer: made, refused, moved to another node, or dropped on the empty canvas for a new node. */
import { useReactFlow, type Connection, type Edge, type FinalConnectionState } from '@xyflow/react'
import { useRef, type RefObject } from 'react'

import { graphAt } from '../../graph/edit/document'
import { disconnect, refusal, refusals, type Link } from '../../graph/edit/edges'
import { ENTRY } from '../../graph/edit/shape'
import { connecting, reconnecting } from '../acts'
import { present } from '../session'
import { useTools } from '../tools'
import { setWiring } from './wiring'

type Ends = Connection | Edge

function linkOf({ source, sourceHandle, target }: Ends): Link {
  return { from: source, port: sourceHandle ?? 'out', to: target }
}

export function useWires(area: RefObject<HTMLElement | null>) {
  const { session, act, kinds, look } = useTools()
  const { screenToFlowPosition } = useReactFlow()
  const moved = useRef<string | null>(null)
  const graph = () => {
    const whole = graphAt(present(session), session.path)
    const edge = moved.current
    if (edge === null) return whole
    return graphAt(disconnect(present(session), session.path, new Set([edge])), session.path)
  }

  const onConnectStart = (
    _: unknown,
    ends: { nodeId: string | null; handleId: string | null; handleType: 'source' | 'target' | null },
  ) => {
    if (ends.handleType !== 'source' || ends.nodeId === null) return
    const port = ends.handleId ?? 'out'
    const refused = refusals(graph(), ends.nodeId, port, kinds)
    setWiring({ from: ends.nodeId, port, refused })
    area.current?.setAttribute('data-wiring', '')
  }

  const onConnectEnd = (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
    setWiring(null)
    area.current?.removeAttribute('data-wiring')
    if (moved.current !== null || state.toNode || state.fromHandle?.type !== 'source') return
    const at = screenToFlowPosition(pointOf(event))
    const after = { from: state.fromHandle.nodeId, port: state.fromHandle.id ?? 'out' }
    look({ asking: { what: 'add', spot: { at: { x: at.x, y: at.y - ENTRY }, after } } })
  }

  return {
    onConnectStart,
    onConnectEnd,
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
}

function pointOf(event: MouseEvent | TouchEvent) {
  const point = 'changedTouches' in event ? (event.changedTouches[0] ?? { clientX: 0, clientY: 0 }) : event
  return { x: point.clientX, y: point.clientY }
}
