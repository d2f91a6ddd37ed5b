/**
 * A setting that is edited where it stands: Enter or leaving saves, Escape takes back.
 *
 * What is typed wrongly is told at the field and nothing is sent; so is what the server refuses, in its own words.
 */
import { LoaderCircle, Pencil } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'

import { asProblem } from '../api/http'
import type { Read } from './depth'

interface Props<T> {
  label: string
  /** As it is shown and first typed; empty for none. */
  text: string
  /** What stands where there is none. */
  none: string
  placeholder: string
  read: (text: string) => Read<T>
  save: (value: T) => Promise<unknown>
}

export function EditableCell<T>(props: Props<T>) {
  const [editing, setEditing] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const returning = useRef(false)
  useEffect(() => {
    if (!editing && returning.current) button.current?.focus()
    returning.current = false
  }, [editing])
  if (editing) {
    return (
      <Editor
        {...props}
        onClose={(back) => {
          returning.current = back
          setEditing(false)
        }}
      />
    )
  }
  return (
    <button
      ref={button}
      type="button"
      aria-label={`${props.label}: ${props.text || props.none}; edit`}
      onClick={() => setEditing(true)}
      className="group -mx-2 inline-flex h-8 items-center gap-1.5 rounded-md px-2 whitespace-nowrap tabular-nums hover:bg-raised"
    >
      {props.text || <span className="text-ink-faint">{props.none}</span>}
      <Pencil
        size={12}
        aria-hidden
        className="text-ink-faint opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100"
      />
    </button>
  )
}

function Editor<T>({
  label,
  text,
  placeholder,
  read,
  save,
  onClose,
}: Props<T> & { onClose: (back: boolean) => void }) {
  const [typed, setTyped] = useState(text)
  const [wrong, setWrong] = useState('')
  const [busy, setBusy] = useState(false)
  const about = useId()
  const give = async (back: boolean) => {
    if (busy) return
    if (typed.trim() === text) {
      onClose(back)
      return
    }
    const result = read(typed)
    if ('wrong' in result) {
      setWrong(result.wrong)
      return
    }
    setBusy(true)
    try {
      await save(result.value)
      onClose(back)
    } catch (error) {
      setWrong(wordsOf(error))
      setBusy(false)
    }
  }
  return (
    <div className="relative -mx-2 w-28">
      <input
        autoFocus
        aria-label={label}
        aria-invalid={wrong !== '' || undefined}
        aria-describedby={wrong ? about : undefined}
        value={typed}
        readOnly={busy}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => {
          setTyped(event.target.value)
          setWrong('')
        }}
        onBlur={() => void give(false)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            // Or the same stroke would press the button that takes the focus back.
            event.preventDefault()
            void give(true)
          }
          if (event.key === 'Escape') {
            event.stopPropagation()
            onClose(true)
          }
        }}
        className="h-8 w-full rounded-md border border-line-strong bg-panel px-2 tabular-nums shadow-card focus-visible:outline-offset-0 aria-invalid:border-[var(--failure-mark)]"
      />
      {busy && <LoaderCircle size={13} aria-hidden className="spinning absolute top-2.5 right-2" />}
      {wrong && (
        <p id={about} role="alert" className="mt-1 w-28 text-xs whitespace-normal text-[var(--failure-text)]">
          {wrong}
        </p>
      )}
    </div>
  )
}

function wordsOf(error: unknown): string {
  const problem = asProblem(error)
  return problem.errors[0]?.message ?? problem.message
}
