/** `hot.true->mail`, the id of an edge, as what it connects. Ids of nodes have no dot, ports no arrow. */
import type { Link } from '../../graph/edit/edges'

const ID = /^([^.]+)\.(.+)->([^>]+)$/

export function linkOfId(edge: string | undefined): Link | undefined {
  const [, from, port, to] = ID.exec(edge ?? '') ?? []
  return from !== undefined && port !== undefined && to !== undefined ? { from, port, to } : undefined
}
