/** The canvas's acts, bound to the session; made once. */
import { useMemo } from 'react'

import { disconnecting } from '../acts'
import { entering } from '../session'
import { useTools } from '../tools'
import type { CanvasActs } from './acts'
import { linkOfId } from './links'

export function useMakeActs(): CanvasActs {
  const { act, look } = useTools()
  return useMemo(
    () => ({
      enter: (node) => act((session) => entering([...session.path, node])(session)),
      addAfter: (from, port) => look({ asking: { what: 'add', spot: { after: { from, port } } } }),
      insert: (edge) => {
        const within = linkOfId(edge)
        if (within) look({ asking: { what: 'add', spot: { after: within, within } } })
      },
      removeEdge: (edge) => act(disconnecting(edge)),
    }),
    [act, look],
  )
}
