/** The filter of the tail: a type or its beginning, the id of a run or of a job. An id counts once it is one. */
import { useId, useState } from 'react'

import { Labelled, TextInput } from '../ui/inputs'
import { idIn } from '../ui/palette/commands'

interface Filter {
  type?: string | undefined
  run?: string | undefined
  job?: string | undefined
}

interface Props {
  filter: Filter
  types: readonly string[]
  onChange: (part: Filter) => void
}

export function EventFilters({ filter, types, onChange }: Props) {
  const list = useId()
  return (
    <div className="grid gap-3 sm:grid-cols-3">
      <Labelled label="Type">
        {(wiring) => (
          <>
            <TextInput
              {...wiring}
              list={list}
              spellCheck={false}
              autoComplete="off"
              placeholder="order.* or part of a type"
              value={filter.type ?? ''}
              onChange={(event) => onChange({ type: event.target.value || undefined })}
            />
            <datalist id={list}>
              {types.map((type) => (
                <option key={type} value={type} />
              ))}
            </datalist>
          </>
        )}
      </Labelled>
      <IdField label="Run" value={filter.run} onChange={(run) => onChange({ run })} />
      <IdField label="Job" value={filter.job} onChange={(job) => onChange({ job })} />
    </div>
  )
}

interface IdProps {
  label: string
  value: string | undefined
  onChange: (id: string | undefined) => void
}

function IdField({ label, value, onChange }: IdProps) {
  // What is typed and isn't an id yet; the address holds only what is one.
  const [draft, setDraft] = useState<string | null>(null)
  const type = (text: string) => {
    const id = idIn(text)
    setDraft(id !== null || text === '' ? null : text)
    onChange(id ?? undefined)
  }
  return (
    <Labelled label={label} error={draft === null ? null : 'This isn’t a whole id yet.'}>
      {(wiring) => (
        <TextInput
          {...wiring}
          spellCheck={false}
          autoComplete="off"
          placeholder={`the id of a ${label.toLowerCase()}`}
          className="font-mono !text-xs"
          value={draft ?? value ?? ''}
          onChange={(event) => type(event.target.value)}
        />
      )}
    </Labelled>
  )
}
