/** What is around a control: its label, its toggles, its hint and its problems; or, in a row of a list, only the latter. */
import clsx from 'clsx'
import { useId, type ReactNode } from 'react'

import { Labelled } from '../ui/inputs'
import type { Wiring } from './controls/types'
import type { Field } from './model'

interface Props {
  field: Field
  required: boolean
  path: string
  messages: readonly string[]
  aside: ReactNode
  /** A row of a list or of pairs: the label is there for readers only. */
  bare: boolean
  /** Not one control but several. */
  several: boolean
  children: (wiring: Wiring) => ReactNode
}

export function Frame({ field, required, path, messages, aside, bare, several, children }: Props) {
  const told = messages.join(' · ')
  if (bare && !several) {
    return (
      <div data-path={path} className="min-w-0 flex-1">
        <div className="flex items-start gap-1">
          <div className="min-w-0 flex-1">
            {children({ 'aria-label': field.label, ...(told && { 'aria-invalid': true as const }) })}
          </div>
          {aside}
        </div>
        <Told messages={messages} />
      </div>
    )
  }
  if (several) return <Several {...{ field, path, messages, aside, bare, children }} />
  return (
    <div data-path={path}>
      <Labelled label={field.label} hint={field.hint} error={told} required={required} aside={aside}>
        {(wiring) => children(wiring)}
      </Labelled>
    </div>
  )
}

function Several({ field, path, messages, aside, bare, children }: Omit<Props, 'required' | 'several'>) {
  const id = useId()
  return (
    <div data-path={path} role="group" aria-labelledby={id} className="min-w-0 flex-1 space-y-1">
      <div className="flex items-center justify-between gap-2">
        <span
          id={id}
          className={clsx('min-w-0 truncate text-xs font-medium text-ink-soft', bare && 'sr-only')}
        >
          {field.label}
        </span>
        {bare && <span />}
        {aside}
      </div>
      {children({})}
      <Told messages={messages} />
      {field.hint && messages.length === 0 && !bare && <p className="text-xs text-ink-faint">{field.hint}</p>}
    </div>
  )
}

export function Told({ messages }: { messages: readonly string[] }) {
  if (messages.length === 0) return null
  return (
    <ul className="mt-1 space-y-0.5 text-xs break-words text-[var(--failure-text)]">
      {messages.map((message) => (
        <li key={message}>{message}</li>
      ))}
    </ul>
  )
}
