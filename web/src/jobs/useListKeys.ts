/**
 * The keyboard of a list: j and k (arrows inside of it) move, x chooses, shift extends, Enter opens, Escape lets go.
 *
 * j and k work wherever the focus is, except where one types and while something lies over the page. The row that the
 * keyboard stands on has the focus, so what a screen reader tells and what is marked are the same. Keys are heard at the
 * window, after those that work everywhere: `g j` goes to a page and moves nothing here.
 */
import { useEffect, useEffectEvent, type Dispatch, type RefObject } from 'react'

import type { Step } from './selection'

interface Options {
  /** Holds the rows: `tr` with `data-id`; the one that the keyboard stands on has `data-place`. */
  table: RefObject<HTMLElement | null>
  act: Dispatch<Step>
  onOpen: (id: string) => void
  /** Whether one can be chosen. */
  choosing?: boolean
}

const MOVES: Record<string, number> = { j: 1, arrowdown: 1, k: -1, arrowup: -1 }

export function useListKeys({ table, act, onOpen, choosing = true }: Options) {
  const move = (by: number, extend: boolean) => {
    act({ type: 'move', by, extend: extend && choosing })
    // Once the row has become the place.
    requestAnimationFrame(() => {
      const place = table.current?.querySelector<HTMLElement>('tr[data-place]')
      place?.focus({ preventScroll: true })
      place?.scrollIntoView({ block: 'nearest' })
    })
  }
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (isTyping(event.target) || isCovered()) return
    const row = rowOf(event.target, table.current)
    if (take(event, row, { act, onOpen, choosing, move })) event.preventDefault()
  })
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event)
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
}

interface Means extends Required<Omit<Options, 'table'>> {
  move: (by: number, extend: boolean) => void
}

/** Does what the key means; whether it meant anything. Enter and the space bar are a control's own inside of a row. */
function take(
  event: KeyboardEvent,
  row: HTMLElement | null,
  { act, onOpen, choosing, move }: Means,
): boolean {
  const key = event.key.toLowerCase()
  if (key === 'escape') {
    act({ type: 'clear' })
    return false
  }
  const by = MOVES[key]
  if (by !== undefined) {
    if (row === null && key.startsWith('arrow')) return false
    move(by, event.shiftKey)
    return true
  }
  const id = row?.dataset['id']
  if (id === undefined) return false
  const own = event.target === row
  if (choosing && (key === 'x' || (own && key === ' '))) act({ type: 'toggle', id, range: event.shiftKey })
  else if (own && key === 'enter') onOpen(id)
  else return false
  return true
}

function rowOf(target: EventTarget | null, table: HTMLElement | null): HTMLElement | null {
  const row = target instanceof Element ? target.closest<HTMLElement>('tr[data-id]') : null
  return row && table?.contains(row) ? row : null
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !/^(checkbox|radio|button)$/.test(target.type)
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)
}

function isCovered(): boolean {
  return document.querySelector('[role=dialog], [role=alertdialog], [role=menu]') !== null
}
