/**
 * Where to look from: the zoom and shift that show a graph in an area. Pure.
 *
 * The whole graph, centred, as long as its text stays readable (`READABLE`); a larger one is shown from its beginning,
 * or around the node that matters now, and can be moved. Asked for the whole, it goes down to `SMALLEST`.
 */
import type { Position } from '../api/types'
import { NODE_HEIGHT, NODE_WIDTH } from './layout'

export interface Viewport {
  x: number
  y: number
  zoom: number
}

interface Size {
  width: number
  height: number
}

export const READABLE = 0.65
export const SMALLEST = 0.1
const LARGEST = 1
const MARGIN = 24

export function fit(
  places: readonly Position[],
  area: Size,
  centre?: Position,
  smallest = READABLE,
): Viewport {
  const left = Math.min(...places.map(({ x }) => x))
  const top = Math.min(...places.map(({ y }) => y))
  const width = Math.max(...places.map(({ x }) => x)) + NODE_WIDTH - left
  const height = Math.max(...places.map(({ y }) => y)) + NODE_HEIGHT - top
  const whole = Math.min((area.width - 2 * MARGIN) / width, (area.height - 2 * MARGIN) / height)
  const zoom = Math.min(LARGEST, Math.max(smallest, whole))
  const at = centre ?? places.find(({ x }) => x === left) ?? { x: left, y: top }
  return {
    zoom,
    x: shift(area.width, left * zoom, width * zoom, (at.x + NODE_WIDTH / 2) * zoom),
    y: shift(area.height, top * zoom, height * zoom, (at.y + NODE_HEIGHT / 2) * zoom),
  }
}

/** Along one axis: centred when it fits; else `at` in the middle, but never more empty margin than needed. */
function shift(room: number, start: number, length: number, at: number): number {
  if (length + 2 * MARGIN <= room) return (room - length) / 2 - start
  return Math.min(MARGIN - start, Math.max(room - MARGIN - start - length, room / 2 - at))
}
