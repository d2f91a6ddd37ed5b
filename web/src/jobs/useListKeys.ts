/**
 * The keyboard of a list: j and k (arrows inside of it) move, x chooses, shift extends, Enter opens, Escape lets go.
 *
 * j and k work wherever the focus is, except where one types and while something lies over the page. The row that the
 * keyboard stands on has the focus, so what a screen reader tells and what is marked are the same.
 */
import {
  useEffect,
  useEffectEvent,
  type Dispatch,
  type KeyboardEvent as ReactKey,
  type RefObject,
} from 'react'

import type { Step } from './selection'

interface Options {
  table: RefObject<HTMLElement | null>
  place: string | null
  act: Dispatch<Step>
  onOpen: (id: string) => void
}

const MOVES: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }

export function useListKeys({ table, place, act, onOpen }: Options) {
  const move = (by: number, extend: boolean) => {
    act({ type: 'move', by, extend })
    // After the row became the place; until then it may not take the focus by Tab, but by a call it may.
    requestAnimationFrame(() => {
      const row = table.current?.querySelector<HTMLElement>('tr[data-place]')
      row?.focus({ preventScroll: true })
      row?.scrollIntoView({ block: 'nearest' })
    })
  }

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (isTyping(event.target) || isCovered()) return
    if (event.key === 'Escape') act({ type: 'clear' })
    const by = event.key.startsWith('Arrow') ? undefined : MOVES[event.key.toLowerCase()]
    if (by === undefined) return
    event.preventDefault()
    move(by, event.shiftKey)
  })
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event)
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [])

  /** On each row; keys of controls inside of it are theirs, but for the arrows. */
  const onRowKey = (event: ReactKey<HTMLElement>, id: string) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const own = event.target === event.currentTarget
    if (event.key in MOVES && event.key.startsWith('Arrow')) {
      event.preventDefault()
      move(MOVES[event.key] ?? 0, event.shiftKey)
    } else if (event.key.toLowerCase() === 'x') {
      event.preventDefault()
      act({ type: 'toggle', id, range: event.shiftKey })
    } else if (own && event.key === ' ') {
      event.preventDefault()
      act({ type: 'toggle', id, range: event.shiftKey })
    } else if (own && event.key === 'Enter') {
      event.preventDefault()
      onOpen(id)
    }
  }
  return { onRowKey, place }
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !/^(checkbox|radio|button)$/.test(target.type)
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)
}

function isCovered(): boolean {
  return document.querySelector('[role=dialog], [role=alertdialog], [role=menu]') !== null
}
