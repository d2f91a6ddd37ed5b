/**
 * The keys of the canvas. They work while the canvas, or nothing, has the focus; saving and undoing work everywhere but
 * where a text is typed, which has an undo of its own.
 */
import { useEffect, useLayoutEffect, useRef, type RefObject } from 'react'

import { graphAt } from '../../graph/edit/document'
import { neighbour, type Direction } from '../../graph/edit/direction'
import { GRID } from '../../graph/edit/nodes'
import type { EditNode } from '../../graph/edit/shape'
import { isTyping } from '../../ui/palette/shortcuts'
import { arranging, duplicating, nudging, removing, selectingAll } from '../acts'
import { entering, present, redone, selecting, undone } from '../session'
import { useTools, type Tools } from '../tools'
import { fieldIsGone, watchFields } from './goneField'
import type { Sight } from './useSight'

const ARROWS: Record<string, [Direction, number, number]> = {
  ArrowLeft: ['left', -GRID, 0],
  ArrowRight: ['right', GRID, 0],
  ArrowUp: ['up', 0, -GRID],
  ArrowDown: ['down', 0, GRID],
}

/** `g` begins a way to another page: the next key isn't the canvas's. */
const LED_FOR = 1_200

export function isOnCanvas(target: EventTarget | null, canvas: HTMLElement | null): boolean {
  if (
    isTyping(target) ||
    fieldIsGone() ||
    document.querySelector('[role=dialog], [role=alertdialog], [role=menu]')
  )
    return false
  if (!(target instanceof Node)) return false
  return (
    target === document.body ||
    (target as HTMLElement).id === 'content' ||
    (canvas?.contains(target) ?? false)
  )
}

export function useCanvasKeys(
  area: RefObject<HTMLElement | null>,
  nodes: readonly EditNode[],
  sight: Sight,
): void {
  const tools = useTools()
  const latest = useRef({ tools, nodes, sight })
  useLayoutEffect(() => {
    latest.current = { tools, nodes, sight }
  })
  useEffect(() => watchFields(document), [])
  useEffect(() => {
    let ledAt = -LED_FOR
    let pointed = false
    const onPointer = () => {
      pointed = true
    }
    const onKey = (event: KeyboardEvent) => {
      const key = { ...latest.current, event, canvas: area.current, pointed }
      const led = event.timeStamp - ledAt < LED_FOR
      ledAt = event.key === 'g' && !isTyping(event.target) ? event.timeStamp : -LED_FOR
      if (event.defaultPrevented) return
      if (event.key !== 'Tab' || !isOnCanvas(event.target, area.current)) pointed = false
      if (everywhere(key) || (!led && isOnCanvas(event.target, area.current) && onCanvas(key))) {
        event.preventDefault()
      }
    }
    const canvas = area.current
    canvas?.addEventListener('pointerdown', onPointer, true)
    document.addEventListener('keydown', onKey)
    return () => {
      canvas?.removeEventListener('pointerdown', onPointer, true)
      document.removeEventListener('keydown', onKey)
    }
  }, [area])
}

interface Key {
  tools: Tools
  nodes: readonly EditNode[]
  sight: Sight
  event: KeyboardEvent
  canvas: HTMLElement | null
  /** The canvas was pointed at just before: only then Tab isn't the way on to the next control. */
  pointed: boolean
}

/** Each answers whether the key was its own. */
function everywhere({ tools: { act, saving, look }, event }: Key): boolean {
  if (event.key === '?') return asksForKeys(event, () => look({ asking: { what: 'keys' } }))
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return false
  const key = event.key.toLowerCase()
  if (key === 's' && !event.shiftKey) void saving.save()
  else if (isTyping(event.target)) return false
  else if (key === 'z') act(event.shiftKey ? redone : undone)
  else if (key === 'y' && !event.shiftKey) act(redone)
  else return false
  return true
}

/** The editor's keys are told with those that work everywhere: its sheet stands in the place of theirs. */
function asksForKeys({ target, ctrlKey, metaKey, altKey }: KeyboardEvent, show: () => void): boolean {
  if (ctrlKey || metaKey || altKey || isTyping(target) || fieldIsGone()) return false
  if (document.querySelector('[role=dialog], [role=alertdialog]')) return false
  show()
  return true
}

function onCanvas(key: Key): boolean {
  const { event } = key
  if (event.altKey) return false
  if (event.ctrlKey || event.metaKey) return withControl(key)
  const arrow = ARROWS[event.key]
  if (arrow) return go(key, ...arrow)
  return plain(key)
}

function withControl({ tools: { act, kinds }, event }: Key): boolean {
  const key = event.key.toLowerCase()
  if (key === 'a') act(selectingAll)
  else if (key === 'd') act(duplicating(kinds))
  else return false
  return true
}

function plain(key: Key): boolean {
  const act = PLAIN[keyOf(key.event)]
  if (!act) return false
  return act(key) !== false
}

function keyOf(event: KeyboardEvent): string {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key
}

const PLAIN: Record<string, (key: Key) => unknown> = {
  a: add,
  Tab: (key) => (key.pointed && !key.event.shiftKey && !isNothing(key.event.target) ? add(key) : false),
  c: ({ tools: { session, look } }) => {
    const [from] = session.selected
    if (from === undefined || session.selected.length > 1) return false
    look({ asking: { what: 'connect', from } })
    return true
  },
  n: ({ tools: { session, look } }) => {
    const [node] = session.selected
    if (node === undefined) return false
    look({ asking: { what: 'note', node } })
    return true
  },
  l: ({ tools: { act, kinds } }) => act(arranging(kinds)),
  m: ({ tools: { look, looks } }) => look({ minimap: !looks.minimap }),
  f: ({ sight, nodes }) => sight.show(nodes.map(({ position }) => position)),
  '+': ({ sight }) => sight.zoom('in'),
  '=': ({ sight }) => sight.zoom('in'),
  '-': ({ sight }) => sight.zoom('out'),
  0: ({ sight }) => sight.zoom('whole'),
  Delete: erase,
  Backspace: erase,
  Enter: choose,
  ' ': choose,
  Escape: leave,
}

/** Tab from nowhere is the way to the first control. */
function isNothing(target: EventTarget | null): boolean {
  return target === document.body
}

/** The card that had the focus goes: the canvas takes it over, so that Tab goes on from here. */
function erase({ tools: { act }, canvas }: Key): void {
  canvas?.focus({ preventScroll: true })
  act(removing)
}

function add({ tools: { look } }: Key): void {
  look({ asking: { what: 'add', spot: {} } })
}

/** Selects the node that has the focus; once it is selected, Enter goes into its form, or its body with Shift. */
function choose({ tools: { session, act, look }, event, nodes }: Key): boolean {
  const card = event.target instanceof Element ? event.target.closest<HTMLElement>('.react-flow__node') : null
  if (event.target instanceof HTMLButtonElement) return false
  const id = card?.dataset['id'] ?? session.selected[0]
  if (id === undefined) return false
  if (
    event.shiftKey &&
    event.key === 'Enter' &&
    nodes.some((node) => node.id === id && node.inside !== null)
  ) {
    act(entering([...session.path, id]))
  } else if (!session.selected.includes(id) || event.key === ' ') {
    act(selecting(event.shiftKey ? [...session.selected, id] : [id]))
    look({ tab: 'node' })
  } else {
    look({ tab: 'node', sheet: 'inspector' })
    requestAnimationFrame(intoForm)
  }
  return true
}

function intoForm(): void {
  document
    .querySelector<HTMLElement>('[data-inspector] :is(input, textarea, select, [contenteditable=true])')
    ?.focus()
}

/** Lets go of the selection; with none, leaves the body. Judged when it is done: keys may come faster than the screen. */
function leave({ tools: { act } }: Key): void {
  act((session) => {
    if (session.selected.length + session.edges.length > 0) return selecting([])(session)
    const { path } = session
    return path.length > 0 ? entering(path.slice(0, -1), path.slice(-1))(session) : session
  })
}

/** To the neighbour in that direction; with Shift the selected nodes move themselves. */
function go(
  { tools: { session, act, look }, event, nodes, sight, canvas }: Key,
  to: Direction,
  x: number,
  y: number,
): boolean {
  if (event.shiftKey) {
    act(nudging(x, y))
    return true
  }
  const from = session.selected.at(-1)
  const first = graphAt(present(session), session.path).nodes[0]?.id ?? null
  const next = from === undefined ? first : neighbour(nodes, from, to)
  const node = nodes.find(({ id }) => id === next)
  if (!node) return true
  act(selecting([node.id]))
  look({ tab: 'node' })
  sight.reveal(
    node.position,
    nodes.map(({ position }) => position),
  )
  canvas
    ?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(node.id)}"]`)
    ?.focus({ preventScroll: true })
  return true
}
