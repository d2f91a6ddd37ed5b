/** What narrows the list of jobs besides the state: a queue, a kind, a run. A run comes by a link and can be taken away. */
import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useId, useState } from 'react'

import { kindNamesQuery, type JobFilter } from '../api/jobs'
import { queuesQuery } from '../api/queues'
import { Choice } from '../ui/Fields'
import { shortId } from '../ui/format'

interface Props {
  filter: JobFilter
  onChange: (part: JobFilter) => void
}

export function Filters({ filter, onChange }: Props) {
  return (
    <>
      {filter.run && (
        <button
          type="button"
          title="Show the jobs of every run"
          onClick={() => onChange({ run: undefined })}
          className="inline-flex h-8 items-center gap-1.5 rounded-md border border-line bg-accent-soft px-2.5 text-accent"
        >
          run <span className="font-mono text-xs">{shortId(filter.run)}</span>
          <X size={13} aria-hidden />
          <span className="sr-only">, take this filter away</span>
        </button>
      )}
      {/* Drawn anew when the address says another kind, so that what is typed never differs from what is shown. */}
      <KindField key={filter.kind ?? ''} value={filter.kind ?? ''} onChange={(kind) => onChange({ kind })} />
      <QueueChoice value={filter.queue ?? ''} onChange={(queue) => onChange({ queue })} />
    </>
  )
}

const NONE: readonly string[] = []

interface FieldProps {
  value: string
  onChange: (value: string | undefined) => void
}

/** The chosen queue stays offered even when it isn't in the list. */
export function QueueChoice({ value, onChange }: FieldProps) {
  const names = useQuery(queuesQuery()).data?.map((queue) => queue.name) ?? []
  const all = value && !names.includes(value) ? [...names, value] : names
  const options = [{ value: '', label: 'Every queue' }, ...all.map((name) => ({ value: name, label: name }))]
  return (
    <Choice
      label="Queue"
      value={value}
      options={options}
      onChange={(queue) => onChange(queue || undefined)}
    />
  )
}

/** Whole names only, as the API compares them; given on with Enter or on leaving, so that half a name isn't searched. */
export function KindField({ value, onChange }: FieldProps) {
  const [text, setText] = useState(value)
  const list = useId()
  const kinds = useQuery(kindNamesQuery()).data ?? NONE
  const give = () => {
    const kind = text.trim()
    if (kind !== value) onChange(kind || undefined)
  }
  return (
    <>
      <input
        type="search"
        aria-label="Kind"
        placeholder="Kind"
        list={list}
        value={text}
        maxLength={128}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          const next = event.target.value
          setText(next)
          // Emptied by its cross, or chosen from the list: there is nothing more to type.
          if (next === '' || (kinds.includes(next) && next.length - text.length > 1))
            onChange(next || undefined)
        }}
        onBlur={give}
        onKeyDown={(event) => {
          if (event.key === 'Enter') give()
        }}
        className="h-8 w-36 min-w-0 flex-auto rounded-md border border-line-strong bg-panel px-2.5 text-[13px] shadow-card focus-visible:outline-offset-0 sm:flex-none"
      />
      <datalist id={list}>
        {kinds.map((kind) => (
          <option key={kind} value={kind} />
        ))}
      </datalist>
    </>
  )
}
