/**
 * Short words on what an action did. A success leaves by itself; a failure stays until it is closed, and is announced at once.
 *
 * An error of the API is told in its own words, with the path of each problem.
 */
import { Check, TriangleAlert, X } from 'lucide-react'
import { createContext, use, useCallback, useMemo, useRef, useState, type ReactNode } from 'react'

import { asProblem } from '../api/http'

interface Toast {
  key: number
  text: string
  more: readonly string[]
  failed: boolean
}

export interface Toaster {
  done: (text: string) => void
  /** Answers how to close it again, for when it is true no more. */
  failed: (error: unknown) => () => void
}

const SHOWN_FOR = 4_000
const MOST = 4
const Context = createContext<Toaster | null>(null)

export function useToast(): Toaster {
  const toaster = use(Context)
  if (!toaster) throw new Error('useToast needs ToastHost above it')
  return toaster
}

export function ToastHost({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([])
  const last = useRef(0)
  const close = useCallback((key: number) => setToasts((all) => all.filter((toast) => toast.key !== key)), [])
  const toaster = useMemo(() => {
    const add = (toast: Omit<Toast, 'key'>) => {
      last.current += 1
      const key = last.current
      setToasts((all) => [...all, { ...toast, key }].slice(-MOST))
      if (!toast.failed) setTimeout(close, SHOWN_FOR, key)
      return () => close(key)
    }
    return {
      done: (text: string) => void add({ text, more: [], failed: false }),
      failed: (error: unknown) => add({ ...told(error), failed: true }),
    }
  }, [close])
  return (
    <Context value={toaster}>
      {children}
      <div className="pointer-events-none fixed inset-x-3 bottom-3 z-[60] flex flex-col items-end gap-2">
        {toasts.map((toast) => (
          <Note key={toast.key} toast={toast} onClose={() => close(toast.key)} />
        ))}
      </div>
    </Context>
  )
}

function told(error: unknown): { text: string; more: readonly string[] } {
  const problem = asProblem(error)
  const more = problem.errors.map(({ path, message }) => (path ? `${path}: ${message}` : message))
  return { text: problem.detail || problem.title, more: more.filter((line) => line !== problem.detail) }
}

function Note({ toast, onClose }: { toast: Toast; onClose: () => void }) {
  const Icon = toast.failed ? TriangleAlert : Check
  return (
    <div
      role={toast.failed ? 'alert' : 'status'}
      data-tone={toast.failed ? 'failure' : 'success'}
      className="appearing pointer-events-auto flex w-full max-w-sm items-start gap-2.5 rounded-lg border border-line bg-panel px-3 py-2.5 shadow-float"
    >
      <Icon size={15} aria-hidden className="mt-0.5 shrink-0 text-tone" />
      <div className="min-w-0 flex-1 break-words">
        <p>{toast.text}</p>
        {toast.more.length > 0 && (
          <ul className="mt-1 max-h-32 space-y-0.5 overflow-y-auto text-xs text-ink-soft">
            {toast.more.map((line, index) => (
              <li key={index}>{line}</li>
            ))}
          </ul>
        )}
      </div>
      <button
        type="button"
        aria-label="Close"
        onClick={onClose}
        className="rounded p-0.5 text-ink-faint hover:bg-raised hover:text-ink"
      >
        <X size={14} aria-hidden />
      </button>
    </div>
  )
}
