/** Ctrl (or pinch) and the wheel zoom at the pointer; a sideways wheel pans. The plain wheel scrolls the page. */
import { useEffect, useEffectEvent, type RefObject } from 'react'

import type { SpanControl } from './useSpan'

export function useWheel(frame: RefObject<HTMLElement | null>, { span, zoom, pan }: SpanControl) {
  const onWheel = useEffectEvent((event: WheelEvent) => {
    const track = frame.current?.querySelector('[data-stretch]')?.parentElement?.getBoundingClientRect()
    if (!track || track.width === 0) return
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault()
      const share = Math.min(1, Math.max(0, (event.clientX - track.left) / track.width))
      zoom(2 ** (event.deltaY / 200), span.from + share * (span.to - span.from))
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault()
      pan(event.deltaX / track.width)
    }
  })
  useEffect(() => {
    const element = frame.current
    if (!element) return
    const listen = (event: WheelEvent) => onWheel(event)
    // Not passive: zooming must not zoom the page too.
    element.addEventListener('wheel', listen, { passive: false })
    return () => element.removeEventListener('wheel', listen)
  }, [frame])
}
