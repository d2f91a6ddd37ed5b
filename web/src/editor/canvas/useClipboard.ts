/**
 * Copy, cut and paste through the system's clipboard, by its own events: so no permission is asked for, plain http works,
 * and nodes travel between tabs and workflows.
 */
import { useEffect, type RefObject } from 'react'

import type { Position } from '../../api/types'
import { clipText, copyNodes, readClip } from '../../graph/edit/clip'
import { useToast } from '../../ui/Toasts'
import { pasting, removing } from '../acts'
import { present } from '../session'
import { useTools } from '../tools'
import { isOnCanvas } from './useCanvasKeys'

export function useClipboard(area: RefObject<HTMLElement | null>, middle: () => Position): void {
  const { session, act, kinds } = useTools()
  const toast = useToast()
  useEffect(() => {
    const copy = (event: ClipboardEvent) => {
      const marked = window.getSelection()
      if (!isOnCanvas(event.target, area.current) || (marked && !marked.isCollapsed)) return
      if (session.selected.length === 0) return
      const clip = copyNodes(present(session), session.path, session.selected)
      event.clipboardData?.setData('text/plain', clipText(clip))
      event.preventDefault()
      if (event.type === 'cut') act(removing)
      else toast.done(clip.nodes.length === 1 ? 'Copied the node' : `Copied ${clip.nodes.length} nodes`)
    }
    const paste = (event: ClipboardEvent) => {
      if (!isOnCanvas(event.target, area.current)) return
      const clip = readClip(event.clipboardData?.getData('text/plain') ?? '')
      if (!clip) return
      event.preventDefault()
      const here = clip.nodes.some(({ id }) => hasNode(session, id))
      act(pasting(clip, kinds, here ? undefined : middle()))
    }
    document.addEventListener('copy', copy)
    document.addEventListener('cut', copy)
    document.addEventListener('paste', paste)
    return () => {
      document.removeEventListener('copy', copy)
      document.removeEventListener('cut', copy)
      document.removeEventListener('paste', paste)
    }
  }, [area, session, act, kinds, middle, toast])
}

/** Pasted where it came from, a copy stands below its original; elsewhere in the middle of what is seen. */
function hasNode(session: Parameters<typeof present>[0], id: string): boolean {
  return copyNodes(present(session), session.path, [id]).nodes.length > 0
}
