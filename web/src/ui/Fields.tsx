/** The inputs of a list's head: a search text and a choice. `/` goes to the search, as in many tools. */
import { Search } from 'lucide-react'
import { useEffect, useRef } from 'react'

const FIELD =
  'h-8 rounded-md border border-line-strong bg-panel text-[13px] text-ink shadow-card focus-visible:outline-offset-0'

interface SearchProps {
  value: string
  label: string
  onChange: (value: string) => void
}

export function SearchField({ value, label, onChange }: SearchProps) {
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || isTyping(event.target)) return
      event.preventDefault()
      input.current?.focus()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  return (
    <div className="relative min-w-0 flex-1 sm:w-64 sm:flex-none">
      <Search size={14} aria-hidden className="absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-faint" />
      <input
        ref={input}
        type="search"
        value={value}
        aria-label={label}
        placeholder={`${label}  /`}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        className={`${FIELD} w-full pr-2 pl-8`}
      />
    </div>
  )
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  )
}

interface ChoiceProps {
  label: string
  value: string
  options: { value: string; label: string }[]
  onChange: (value: string) => void
}

export function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <select
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className={`${FIELD} max-w-48 min-w-0 flex-auto px-2`}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  )
}
