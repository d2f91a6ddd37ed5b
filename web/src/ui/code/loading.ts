/**
 * The chunk of the editor behind code fields: loaded once, when a field wants it or before (`loadCode`).
 *
 * Once it is there, fields are drawn with it at once, without a moment in which nothing has the focus. When it can't be
 * loaded, the next one that asks tries again.
 */
import { useEffect, useEffectEvent, useState, useSyncExternalStore, type ComponentType } from 'react'
import { flushSync } from 'react-dom'

import type { CodeFieldProps } from './types'

interface Code {
  Editor: ComponentType<CodeFieldProps> | null
  error: Error | null
}

let code: Code = { Editor: null, error: null }
let coming: Promise<void> | null = null
const listeners = new Set<() => void>()

export function loadCode(): Promise<void> {
  coming ??= import('./CodeMirrorField').then(
    ({ CodeMirrorField }) => tell({ Editor: CodeMirrorField, error: null }),
    (error: unknown) => {
      coming = null
      tell({ Editor: null, error: error instanceof Error ? error : new Error(String(error)) })
      throw error
    },
  )
  return coming
}

/** For those who can do without it until they ask again. */
export function preloadCode(): void {
  loadCode().catch(() => undefined)
}

function tell(next: Code): void {
  code = next
  for (const listener of listeners) listener()
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  preloadCode()
  return () => listeners.delete(listener)
}

/** The editor as soon as it is there; throws what kept it away. */
export function useCode(): Code['Editor'] {
  const { Editor, error } = useSyncExternalStore(listen, () => code)
  if (error) throw error
  return Editor
}

/**
 * Whether a plain field that wants to be a code field can become one. `handOver` is called right before it does, in the
 * same step: what is read of the plain field then (the cursor) is what the other begins with.
 */
export function useCodeInstead(wanted: boolean, handOver: () => void): boolean {
  const [ready, setReady] = useState(code.Editor !== null)
  const over = useEffectEvent(handOver)
  useEffect(() => {
    if (ready || !wanted) return
    let gone = false
    const become = () => {
      over()
      setReady(true)
    }
    loadCode().then(
      () => {
        if (!gone) flushSync(become)
      },
      () => undefined,
    )
    return () => {
      gone = true
    }
  }, [ready, wanted])
  return ready
}
