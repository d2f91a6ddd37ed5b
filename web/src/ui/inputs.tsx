/** The controls of forms. `Labelled` wires a control to its label, its hint and its error for the eye and for readers. */
import clsx from 'clsx'
import { useId, type ComponentProps, type ReactNode } from 'react'

const LOOK =
  'w-full min-w-0 rounded-md border bg-panel text-[13px] text-ink shadow-card focus-visible:outline-offset-0 disabled:opacity-60 [&[readonly]]:bg-raised'

interface Wiring {
  id: string
  'aria-describedby'?: string
  'aria-invalid'?: true
}

interface LabelledProps {
  label: string
  hint?: ReactNode
  error?: string | null | undefined
  /** Right of the label: a toggle, a link. */
  aside?: ReactNode
  required?: boolean
  children: (wiring: Wiring) => ReactNode
}

export function Labelled({ label, hint, error, aside, required = false, children }: LabelledProps) {
  const id = useId()
  const about = error || hint ? `${id}-about` : undefined
  return (
    <div className="min-w-0 space-y-1">
      <div className="flex items-center justify-between gap-2">
        <label htmlFor={id} className="min-w-0 truncate text-xs font-medium text-ink-soft">
          {label}
          {required && (
            <span aria-hidden className="text-[var(--failure-text)]">
              {' *'}
            </span>
          )}
        </label>
        {aside}
      </div>
      {children({
        id,
        ...(about && { 'aria-describedby': about }),
        ...(error && { 'aria-invalid': true as const }),
      })}
      {about && (
        <p
          id={about}
          className={clsx('text-xs break-words', error ? 'text-[var(--failure-text)]' : 'text-ink-faint')}
        >
          {error || hint}
        </p>
      )}
    </div>
  )
}

function edge(invalid: unknown): string {
  return invalid ? 'border-[var(--failure-mark)]' : 'border-line-strong'
}

export function TextInput({ className, ...rest }: ComponentProps<'input'>) {
  return (
    <input
      type="text"
      {...rest}
      className={clsx(LOOK, edge(rest['aria-invalid']), 'h-8 px-2.5', className)}
    />
  )
}

/** Monospaced when it holds code or data. */
export function TextArea({ className, code, ...rest }: ComponentProps<'textarea'> & { code?: boolean }) {
  return (
    <textarea
      rows={4}
      {...rest}
      className={clsx(
        LOOK,
        edge(rest['aria-invalid']),
        'block px-2.5 py-1.5',
        code && 'font-mono text-xs',
        className,
      )}
    />
  )
}

/** A number or nothing; a text that is no number isn't given on. */
export function NumberInput({
  value,
  onChange,
  className,
  ...rest
}: Omit<ComponentProps<'input'>, 'value' | 'onChange'> & {
  value: number | null | undefined
  onChange: (value: number | null) => void
}) {
  return (
    <input
      type="number"
      inputMode="decimal"
      {...rest}
      value={value ?? ''}
      onChange={(event) => {
        const { value: text, valueAsNumber } = event.target
        if (text === '') onChange(null)
        else if (Number.isFinite(valueAsNumber)) onChange(valueAsNumber)
      }}
      className={clsx(LOOK, edge(rest['aria-invalid']), 'h-8 px-2.5 tabular-nums', className)}
    />
  )
}

export function SelectInput({ className, ...rest }: ComponentProps<'select'>) {
  return <select {...rest} className={clsx(LOOK, edge(rest['aria-invalid']), 'h-8 px-2', className)} />
}

const DURATION = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/

/** `500ms`, `30s`, `5m`, `1h`, `2d`. */
export function isDuration(text: string): boolean {
  return DURATION.test(text)
}

export function DurationInput(props: ComponentProps<'input'>) {
  return <TextInput placeholder="30s" spellCheck={false} autoComplete="off" {...props} />
}
