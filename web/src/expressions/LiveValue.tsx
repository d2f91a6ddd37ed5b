/** Below an expression: its value against the last run, or why it has none. The whole value opens below. */
import { useState } from 'react'

import type { Evaluated } from '../api/expressions'
import { JsonTree } from '../ui/JsonTree'
import { inShort } from './names'

interface Props {
  result: Evaluated | null
  /** Said in the place of a value that can't be had. */
  otherwise?: string
}

export function LiveValue({ result, otherwise = '' }: Props) {
  const [open, setOpen] = useState(false)
  if (!result) return otherwise ? <p className="text-xs text-ink-faint">{otherwise}</p> : null
  if (!result.ok) {
    return (
      <p data-tone="waiting" className="text-xs break-words text-tone">
        With this data: {result.message}
        {result.hint && ` (${result.hint})`}
      </p>
    )
  }
  const large = typeof result.value === 'object' && result.value !== null
  return (
    <div className="space-y-1 text-xs">
      <p className="flex min-w-0 items-baseline gap-1.5 text-ink-faint">
        <span aria-hidden>=</span>
        {large ? (
          <button
            type="button"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
            className="min-w-0 truncate rounded font-mono text-[var(--success-text)] hover:underline"
          >
            {preview(result)}
          </button>
        ) : (
          <output className="min-w-0 truncate font-mono text-[var(--success-text)]">{preview(result)}</output>
        )}
        <span className="shrink-0">{result.type}</span>
      </p>
      {open && large && <JsonTree value={result.value} label="value" />}
    </div>
  )
}

function preview({ value }: { value: Parameters<typeof inShort>[0] }): string {
  const text = JSON.stringify(value)
  return text.length <= 120 ? text : inShort(value, 120)
}
