/**
 * A named value (input, output) as a tree under its name, which folds it; and an error in its own words.
 *
 * What was folded once stays folded for that name, on every run, as long as the page is open.
 */
import { ChevronRight } from 'lucide-react'
import { useState } from 'react'

import type { HoldfastError, Json } from '../api/types'
import { JsonTree } from '../ui/JsonTree'

const folded = new Set<string>()
const NONE: readonly string[] = []

interface Props {
  name: string
  value: Json | undefined
  /** Without its name, where a tab says it already. */
  plain?: boolean
  /** Fields of it that begin folded. */
  without?: readonly string[]
}

export function Value({ name, value, plain = false, without = NONE }: Props) {
  const [open, setOpen] = useState(!folded.has(name))
  if (value === undefined || value === null) return null
  if (plain) return <JsonTree value={value} label={name.toLowerCase()} />
  const toggle = () => {
    if (open) folded.add(name)
    else folded.delete(name)
    setOpen(!open)
  }
  return (
    <section>
      <h3>
        <button
          type="button"
          aria-expanded={open}
          onClick={toggle}
          className="mb-1 flex items-center gap-1 rounded pr-1 text-xs font-medium text-ink-soft hover:text-ink"
        >
          <ChevronRight size={12} aria-hidden className={open ? 'rotate-90' : ''} />
          {name}
        </button>
      </h3>
      {open && <JsonTree value={value} label={name.toLowerCase()} folded={without} />}
    </section>
  )
}

export function ErrorValue({ error }: { error: HoldfastError | null }) {
  if (!error) return null
  const { type, message, ...rest } = error
  return (
    <section data-tone="failure" className="rounded-md bg-tone-soft p-3 text-tone">
      <h3 className="text-xs font-semibold">{type ?? 'error'}</h3>
      <p className="mt-0.5 font-mono text-xs break-words whitespace-pre-wrap">{message}</p>
      {Object.keys(rest).length > 0 && (
        <div className="mt-2 text-ink">
          <JsonTree value={rest as { [key: string]: Json }} label="error" />
        </div>
      )}
    </section>
  )
}
