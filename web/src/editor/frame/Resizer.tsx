/**
 * The edge between two panels: dragged, or moved by arrow keys. While it is dragged only a style changes; React hears of
 * the size once, at the end.
 */
import type { KeyboardEvent, PointerEvent } from 'react'

interface Props {
  label: string
  /** On which side of the edge the panel stands whose size it sets: its next sibling. */
  side: 'right' | 'below'
  least: number
  most: number
}

const BY_KEY = 24

export function Resizer({ label, side, least, most }: Props) {
  const across = side === 'right'
  const dimension = across ? 'width' : 'height'
  const size = (edge: HTMLElement) => panelOf(edge).getBoundingClientRect()[dimension]
  const set = (edge: HTMLElement, wish: number) => {
    const next = Math.round(Math.min(most, Math.max(least, wish)))
    panelOf(edge).style[dimension] = `${next}px`
    edge.setAttribute('aria-valuenow', String(next))
  }
  const drag = (start: PointerEvent<HTMLDivElement>) => {
    const handle = start.currentTarget
    const [from, before] = [across ? start.clientX : start.clientY, size(handle)]
    handle.setPointerCapture(start.pointerId)
    handle.onpointermove = (event) => set(handle, before + from - (across ? event.clientX : event.clientY))
    handle.onlostpointercapture = () => {
      handle.onpointermove = null
    }
  }
  const onKey = (event: KeyboardEvent<HTMLDivElement>) => {
    const grow = across ? 'ArrowLeft' : 'ArrowUp'
    const shrink = across ? 'ArrowRight' : 'ArrowDown'
    if (event.key !== grow && event.key !== shrink) return
    event.preventDefault()
    set(event.currentTarget, size(event.currentTarget) + (event.key === grow ? BY_KEY : -BY_KEY))
  }
  return (
    <div
      role="separator"
      aria-label={label}
      aria-orientation={across ? 'vertical' : 'horizontal'}
      aria-valuemin={least}
      aria-valuemax={most}
      aria-valuenow={least}
      tabIndex={0}
      onPointerDown={drag}
      onKeyDown={onKey}
      className={
        across
          ? 'group relative z-10 -mx-1 w-2 shrink-0 cursor-col-resize touch-none'
          : 'group relative z-10 -my-1 h-2 shrink-0 cursor-row-resize touch-none'
      }
    >
      <span
        className={
          across
            ? 'absolute inset-y-0 left-1 w-px bg-line group-hover:bg-accent group-active:bg-accent'
            : 'absolute inset-x-0 top-1 h-px bg-line group-hover:bg-accent group-active:bg-accent'
        }
      />
    </div>
  )
}

function panelOf(edge: HTMLElement): HTMLElement {
  return edge.nextElementSibling as HTMLElement
}
