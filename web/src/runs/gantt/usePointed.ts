/** Which stretch the pointer is on, or the arrow keys have stepped to, and where it stands on the screen. */
import { useState, type KeyboardEvent, type MouseEvent, type RefObject } from 'react'

import type { GanttRow } from '../../graph/gantt'

export interface Pointed {
  node: string
  index: number
  /** Left, top and bottom of what it hangs on, in the window. */
  x: number
  top: number
  bottom: number
}

export function usePointed(rows: readonly GanttRow[], frame: RefObject<HTMLElement | null>) {
  const [pointed, point] = useState<Pointed | null>(null)
  const show = (bar: Element | null, x?: number) => {
    const node = bar?.closest<HTMLElement>('[data-row]')?.dataset['row']
    if (!bar || node === undefined) {
      point(null)
      return
    }
    const box = bar.getBoundingClientRect()
    const track = bar.parentElement?.getBoundingClientRect() ?? box
    const middle = (Math.max(box.left, track.left) + Math.min(box.right, track.right)) / 2
    const index = Number((bar as HTMLElement).dataset['stretch'])
    point({ node, index, x: x ?? middle, top: track.top, bottom: track.bottom })
  }
  const step = (event: KeyboardEvent, by: number) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-row]') : null
    const row = rows.find(({ node }) => node === button?.dataset['row'])
    if (!button || !row) return
    event.preventDefault()
    const last = row.stretches.length - 1
    const from = pointed?.node === row.node ? pointed.index : by > 0 ? -1 : last + 1
    const index = Math.min(last, Math.max(0, from + by))
    show(button.querySelector(`[data-stretch="${index}"]`))
  }
  const leave = (event: KeyboardEvent, by: number) => {
    const all = [...(frame.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
    const here = all.findIndex((button) => button === event.target)
    if (here < 0) return
    event.preventDefault()
    point(null)
    all[here + by]?.focus()
  }
  return {
    pointed,
    handlers: {
      onMouseOver: (event: MouseEvent) => {
        if (event.target instanceof Element) show(event.target.closest('[data-stretch]'), event.clientX)
      },
      onMouseLeave: () => point(null),
      onScrollCapture: () => point(null),
      onBlur: () => point(null),
      onKeyDown: (event: KeyboardEvent) => {
        if (event.key === 'ArrowRight') step(event, 1)
        else if (event.key === 'ArrowLeft') step(event, -1)
        else if (event.key === 'ArrowDown') leave(event, 1)
        else if (event.key === 'ArrowUp') leave(event, -1)
        else if (event.key === 'Escape') point(null)
      },
    },
  }
}
