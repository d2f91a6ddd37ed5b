/** Beside the pointer, while a connection is drawn: why it can't end here, or what happens when it does. */
import { useConnection, useStore } from '@xyflow/react'

import { currentWiring } from './wiring'

export function WireHint() {
  const told = useConnection((connection) => {
    if (!connection.inProgress || connection.fromHandle.type !== 'source') return null
    const { x, y } = connection.to
    const node = connection.toNode?.id
    const why = node === undefined ? null : (currentWiring()?.refused.get(node) ?? null)
    return `${Math.round(x)} ${Math.round(y)} ${why ?? (node === undefined ? '' : 'ok')}`
  })
  if (told === null) return null
  return <Hint told={told} />
}

/** Apart, so that panning draws nothing here while no connection is drawn. */
function Hint({ told }: { told: string }) {
  const [left, top, zoom] = useStore((state) => state.transform)
  const [x = '0', y = '0', ...words] = told.split(' ')
  const why = words.join(' ')
  if (why === 'ok') return null
  return (
    <div
      role="status"
      data-tone={why ? 'failure' : 'neutral'}
      className="pointer-events-none absolute top-0 left-0 z-20 max-w-60 rounded-md border border-tone-mark bg-panel px-2 py-1 text-xs text-tone shadow-float"
      style={{ transform: `translate(${Number(x) * zoom + left + 14}px, ${Number(y) * zoom + top + 14}px)` }}
    >
      {why || 'Drop on a node, or here for a new one'}
    </div>
  )
}
