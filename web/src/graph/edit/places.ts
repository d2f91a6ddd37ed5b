/**
 * Where the nodes of one graph stand: as `layout` says; a graph of which it says nothing is laid out; and a node that is
 * missing in it (new in the YAML, say) stands below the others, so that no node that was placed by hand moves.
 */
import type { Definition, Position } from '../../api/types'
import { layoutOf, NODE_HEIGHT } from '../layout'
import { edgesOf } from '../ports'
import { graphAt } from './document'

const GAP = 40

export function positionsOf(definition: Definition, path: readonly string[]): Record<string, Position> {
  const graph = graphAt(definition, path)
  const layout = definition.layout ?? {}
  const known = graph.nodes.filter(({ id }) => isPlace(layout[id]))
  if (known.length === 0 || known.length === graph.nodes.length) {
    const whole: Definition = { ...definition, nodes: [...graph.nodes], edges: [...graph.edges] }
    return layoutOf(whole, edgesOf(whole))
  }
  const places: Record<string, Position> = {}
  for (const { id } of known) places[id] = layout[id] as Position
  const left = Math.min(...Object.values(places).map(({ x }) => x))
  let below = Math.max(...Object.values(places).map(({ y }) => y)) + NODE_HEIGHT + GAP
  for (const { id } of graph.nodes) {
    if (places[id]) continue
    places[id] = { x: left, y: below }
    below += NODE_HEIGHT + GAP
  }
  return places
}

function isPlace(place: unknown): place is Position {
  if (typeof place !== 'object' || place === null) return false
  const { x, y } = place as Partial<Position>
  return Number.isFinite(x) && Number.isFinite(y)
}
