/**
 * Copying nodes, within a workflow and between them: a clip is a small graph as text, so it travels by the clipboard.
 *
 * Pasted nodes get new ids where theirs are taken; the edges between them and their expressions about each other follow.
 * Expressions about nodes that weren't copied stay as they are. A whole definition can be pasted as well.
 */
import { readJson, writeJson } from '../../api/exactJson'
import type { Definition, Position } from '../../api/types'
import { NODE_HEIGHT, NODE_WIDTH } from '../layout'
import { parseEdge } from '../ports'
import { graphAt, walk, withGraph, type Graph } from './document'
import { freshId, idsOf } from './ids'
import type { Kinds } from './kinds'
import { GRID, snap, snapped } from './nodes'
import { positionsOf } from './places'
import { renameGraph } from './rename'

export interface Clip extends Graph {
  /** Places of the nodes, and of those in their bodies as far as they had one. */
  layout: Record<string, Position>
}

export interface Pasted {
  definition: Definition
  ids: string[]
}

export function copyNodes(definition: Definition, path: readonly string[], ids: readonly string[]): Clip {
  const graph = graphAt(definition, path)
  const nodes = graph.nodes.filter((node) => ids.includes(node.id))
  const chosen = new Set(nodes.map((node) => node.id))
  const edges = graph.edges.filter((edge) => {
    const { from, to } = parseEdge(edge)
    return chosen.has(from) && chosen.has(to)
  })
  const places = { ...definition.layout, ...positionsOf(definition, path) }
  const inside = walk({ nodes, edges: [] }, []).map(({ node }) => node.id)
  const layout = Object.fromEntries(inside.flatMap((id) => (places[id] ? [[id, places[id]] as const] : [])))
  return { nodes, edges, layout }
}

export function clipText(clip: Clip): string {
  return writeJson({ 'holdfast/nodes': 1, ...clip }, 2)
}

/** The clip in a text; null when it is none. */
export function readClip(text: string): Clip | null {
  if (!text.trimStart().startsWith('{')) return null
  let given: unknown
  try {
    given = readJson(text)
  } catch {
    return null
  }
  const document = given as Definition
  const graph = graphAt(document)
  if (graph.nodes.length === 0) return null
  const names = new Set(graph.nodes.map((node) => node.id))
  const edges = graph.edges.filter((edge) => names.has(parseEdge(edge).from) && names.has(edge.to))
  return { nodes: graph.nodes, edges, layout: { ...document.layout, ...positionsOf(document, []) } }
}

/** Puts a clip into the graph at `path`, its upper left corner at `at`, or where it came from; further down where nodes stand. */
export function pasteClip(
  definition: Definition,
  path: readonly string[],
  clip: Clip,
  kinds: Kinds,
  at?: Position,
): Pasted {
  const names = newNames(definition, clip)
  const made = renameGraph(clip, names, kinds)
  const graph = graphAt(definition, path)
  const next = withGraph(definition, path, {
    nodes: [...graph.nodes, ...made.nodes],
    edges: [...graph.edges, ...made.edges],
  })
  const taken = positionsOf(definition, path)
  const shift = freeShift(Object.values(taken), clip, at)
  const layout = { ...next.layout, ...taken, ...movedLayout(clip, names, shift) }
  return { definition: { ...next, layout }, ids: made.nodes.map((node) => node.id) }
}

function newNames(definition: Definition, clip: Graph): Map<string, string> {
  const taken = idsOf(definition)
  const names = new Map<string, string>()
  for (const { node } of walk(clip, [])) {
    const id = freshId(node.id, taken)
    taken.add(id)
    if (id !== node.id) names.set(node.id, id)
  }
  return names
}

const GAP = 40

/** Only the outer nodes move; those in bodies keep their place in their own graph. */
function movedLayout(clip: Clip, names: ReadonlyMap<string, string>, by: Position): Record<string, Position> {
  const outer = new Set(clip.nodes.map((node) => node.id))
  const entries = Object.entries(clip.layout).map(([id, place]) => {
    const moved = outer.has(id) ? snapped({ x: place.x + by.x, y: place.y + by.y }) : place
    return [names.get(id) ?? id, moved]
  })
  return Object.fromEntries(entries) as Record<string, Position>
}

/** How far the copies must go to `at`, or down from where they came from, and on down until they cover no node. */
function freeShift(taken: readonly Position[], { nodes, layout }: Clip, at?: Position): Position {
  const places = nodes.flatMap(({ id }) => layout[id] ?? [])
  if (places.length === 0) return { x: 0, y: 0 }
  const step = NODE_HEIGHT + GAP
  const left = Math.min(...places.map(({ x }) => x))
  const top = Math.min(...places.map(({ y }) => y))
  const shift = at ? snapped({ x: at.x - left, y: at.y - top }) : { x: 0, y: snap(step) }
  const covers = () =>
    places.some((place) =>
      taken.some(
        ({ x, y }) =>
          Math.abs(x - place.x - shift.x) < NODE_WIDTH && Math.abs(y - place.y - shift.y) < step - 1,
      ),
    )
  while (covers()) shift.y += GRID * 2
  return shift
}
