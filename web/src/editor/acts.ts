/** What one does on the canvas, as steps of a session: each changes the graph at its path and selects what it made. */
import type { Position } from '../api/types'
import { align, arrange, distribute, type Alignment, type Axis } from '../graph/edit/arrange'
import { copyNodes, pasteClip, type Clip } from '../graph/edit/clip'
import { graphAt } from '../graph/edit/document'
import { connect, disconnect, refusal, type Link } from '../graph/edit/edges'
import type { Kinds } from '../graph/edit/kinds'
import {
  addNode,
  freePlace,
  moveNodes,
  placeAfter,
  removeNodes,
  setNote,
  snapped,
  type After,
} from '../graph/edit/nodes'
import { positionsOf } from '../graph/edit/places'
import type { Kind } from './contract'
import { changed, edited, present, selecting, type Session, type Step } from './session'

export interface Spot {
  /** Where on the canvas; without it, after the node in `after`, or at `middle`. */
  at?: Position | undefined
  after?: After | undefined
  /** The edge that the new node goes into. */
  within?: Link | undefined
}

export function adding(kind: Kind, spot: Spot, middle: Position, kinds: Kinds): Step {
  return (session) => {
    const definition = present(session)
    const after = spot.after ?? (spot.at ? undefined : only(session))
    const { path } = session
    const wish = after && !spot.at ? placeAfter(definition, path, after.from, kinds) : (spot.at ?? middle)
    const at = spot.at ? wish : freePlace(definition, path, wish, kinds)
    const { definition: next, id } = addNode(definition, path, kind, at, kinds, after)
    return selecting([id])(
      changed(
        spot.within ? joining(next, session, spot.within, id, kinds) : next,
        `Add ${kind.title}`,
      )(session),
    )
  }
}

/** The one selected node, which a new one goes after. */
function only({ selected }: Session): After | undefined {
  const [from] = selected
  return from !== undefined && selected.length === 1 ? { from } : undefined
}

/** The node between the ends of an edge, as far as its ports allow. */
function joining(
  definition: ReturnType<typeof present>,
  { path }: Session,
  link: Link,
  id: string,
  kinds: Kinds,
) {
  const { from, port, to } = link
  let next = disconnect(definition, path, new Set([`${from}.${port}->${to}`]))
  const first = { from, port, to: id }
  if (refusal(graphAt(next, path), first, kinds) === null) next = connect(next, path, first)
  const last = { from: id, port: 'out', to }
  return refusal(graphAt(next, path), last, kinds) === null ? connect(next, path, last) : next
}

export function connecting(link: Link, kinds: Kinds): Step {
  return (session) => {
    const definition = present(session)
    if (refusal(graphAt(definition, session.path), link, kinds) !== null) return session
    return changed(connect(definition, session.path, link), 'Connect')(session)
  }
}

/** Another end for an edge. */
export function reconnecting(edge: string, link: Link, kinds: Kinds): Step {
  return (session) => {
    const open = disconnect(present(session), session.path, new Set([edge]))
    if (refusal(graphAt(open, session.path), link, kinds) !== null) return session
    return changed(connect(open, session.path, link), 'Move an edge')(session)
  }
}

export function disconnecting(edge: string): Step {
  return (session) =>
    edited((definition) => disconnect(definition, session.path, new Set([edge])), 'Disconnect')(session)
}

export const removing: Step = (session) => {
  const { path, selected, edges } = session
  if (selected.length + edges.length === 0) return session
  const label = selected.length > 0 ? 'Delete' : 'Disconnect'
  return edited((definition) => {
    const open = disconnect(definition, path, new Set(edges))
    return removeNodes(open, path, new Set(selected))
  }, label)(session)
}

export function moving(moved: Readonly<Record<string, Position>>, merge?: string): Step {
  return (session) =>
    edited((definition) => moveNodes(definition, session.path, moved), 'Move', merge)(session)
}

/** The selected nodes, a step further; in a row of keys it is one step of the history. */
export function nudging(x: number, y: number): Step {
  return (session) => {
    const places = positionsOf(present(session), session.path)
    const moved = session.selected.map((id) => {
      const at = places[id] ?? { x: 0, y: 0 }
      return [id, snapped({ x: at.x + x, y: at.y + y })] as const
    })
    return moved.length === 0
      ? session
      : moving(Object.fromEntries(moved), `nudge ${session.selected.join()}`)(session)
  }
}

export function aligning(alignment: Alignment, kinds: Kinds): Step {
  return (session) =>
    edited(
      (definition) => align(definition, session.path, session.selected, alignment, kinds),
      'Align',
    )(session)
}

export function distributing(axis: Axis, kinds: Kinds): Step {
  return (session) =>
    edited(
      (definition) => distribute(definition, session.path, session.selected, axis, kinds),
      'Distribute',
    )(session)
}

export function arranging(kinds: Kinds): Step {
  return (session) =>
    edited((definition) => arrange(definition, session.path, session.selected, kinds), 'Arrange')(session)
}

export function pasting(clip: Clip, kinds: Kinds, at?: Position, label = 'Paste'): Step {
  return (session) => {
    const { definition, ids } = pasteClip(present(session), session.path, clip, kinds, at)
    return selecting(ids)(changed(definition, label)(session))
  }
}

export function duplicating(kinds: Kinds): Step {
  return (session) => {
    if (session.selected.length === 0) return session
    const clip = copyNodes(present(session), session.path, session.selected)
    return pasting(clip, kinds, undefined, 'Duplicate')(session)
  }
}

export const selectingAll: Step = (session) =>
  selecting(graphAt(present(session), session.path).nodes.map(({ id }) => id))(session)

export function noting(nodePath: readonly string[], note: string): Step {
  return edited((definition) => setNote(definition, nodePath, note), 'Note', `note ${nodePath.join('/')}`)
}
