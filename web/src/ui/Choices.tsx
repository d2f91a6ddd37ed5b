/** One of a few, each with a word on what it means: radio buttons in a named group. */
import { createContext, use, useId, type ReactNode } from 'react'

interface Group {
  name: string
  value: string
  onChange: (value: string) => void
}

const Context = createContext<Group | null>(null)

interface Props {
  legend: string
  value: string
  onChange: (value: string) => void
  children: ReactNode
}

export function Choices({ legend, value, onChange, children }: Props) {
  const name = useId()
  return (
    <Context value={{ name, value, onChange }}>
      <fieldset className="space-y-1">
        <legend className="mb-1 text-xs font-medium text-ink-soft">{legend}</legend>
        {children}
      </fieldset>
    </Context>
  )
}

interface OptionProps {
  value: string
  label: string
  /** What choosing it means. */
  children?: ReactNode
}

export function Option({ value, label, children }: OptionProps) {
  const group = use(Context)
  const name = useId()
  const about = useId()
  if (!group) throw new Error('Option needs Choices above it')
  return (
    <label className="flex cursor-pointer gap-2.5 rounded-md border border-line px-3 py-2 hover:bg-raised has-checked:border-accent has-checked:bg-accent-soft">
      <input
        type="radio"
        name={group.name}
        value={value}
        checked={group.value === value}
        onChange={() => group.onChange(value)}
        aria-labelledby={name}
        aria-describedby={children ? about : undefined}
        className="mt-0.5 size-4 accent-[var(--accent-solid)]"
      />
      <span className="min-w-0">
        <span id={name} className="block font-medium">
          {label}
        </span>
        {children && (
          <span id={about} className="block text-xs text-ink-soft">
            {children}
          </span>
        )}
      </span>
    </label>
  )
}
