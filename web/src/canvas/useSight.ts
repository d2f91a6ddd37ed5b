/**
 * Told to the area's style: `data-far` where no text can be read, `data-zooming` while the zoom changes, `data-panning`
 * while the graph is dragged. Not from the press of the button on: a press that doesn't move is a click on what it hits.
 *
 * The graph is moved as one painted layer. Such a layer keeps the size that it was painted in, so it is given up while
 * the zoom changes; then it is painted anew, at whole pixels, where its text is sharp.
 */
import { useReactFlow, type OnMove } from '@xyflow/react'
import { useCallback, useEffect, useRef, type RefObject } from 'react'

/** Below this zoom no text can be read, and none is drawn. */
const FAR = 0.3
const QUIET = 200

interface Sight {
  onMove: OnMove
  onMoveEnd: OnMove
}

export function useSight(area: RefObject<HTMLElement | null>): Sight {
  const { getViewport, setViewport } = useReactFlow()
  const last = useRef(0)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const rest = useCallback(() => {
    const { x, y, zoom } = getViewport()
    void setViewport({ x: Math.round(x), y: Math.round(y), zoom })
    area.current?.removeAttribute('data-zooming')
  }, [area, getViewport, setViewport])
  const onMove = useCallback<OnMove>(
    (event, { zoom }) => {
      if (event && zoom === last.current) area.current?.toggleAttribute('data-panning', true)
      if (zoom === last.current) return
      last.current = zoom
      area.current?.toggleAttribute('data-far', zoom < FAR)
      area.current?.toggleAttribute('data-zooming', true)
      clearTimeout(timer.current)
      timer.current = setTimeout(rest, QUIET)
    },
    [area, rest],
  )
  const onMoveEnd = useCallback(() => area.current?.removeAttribute('data-panning'), [area])
  return { onMove, onMoveEnd }
}
