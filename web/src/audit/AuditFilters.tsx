/** Which entries are shown. What is typed is asked for when it rests or Enter is pressed. */
import { useEffect, useEffectEvent, useState } from 'react'

import type { AuditFilter } from '../api/audit'
import { Button } from '../ui/Button'
import { Choice } from '../ui/Fields'
import { TextInput } from '../ui/inputs'
import { OUTCOME, OUTCOMES } from './outcomes'
import { fromLocal, toLocal } from './moments'

const RESTS = 400

type Change = Partial<Omit<AuditFilter, 'tenant'>> & { instance?: true | undefined }

interface Props {
  filter: Omit<AuditFilter, 'tenant'>
  instance: boolean
  /** The entries that belong to no tenant can be chosen. */
  offersInstance: boolean
  onChange: (change: Change) => void
}

export function AuditFilters({ filter, instance, offersInstance, onChange }: Props) {
  const filtered = Object.values(filter).some(Boolean)
  const clear = () =>
    onChange({
      actor: undefined,
      action: undefined,
      target: undefined,
      outcome: undefined,
      since: undefined,
      before: undefined,
    })
  return (
    <div role="search" aria-label="Entries" className="flex flex-wrap items-center gap-2">
      {offersInstance && (
        <Choice
          label="Whose"
          value={instance ? 'instance' : ''}
          options={[
            { value: '', label: 'This tenant’s' },
            { value: 'instance', label: 'The instance’s' },
          ]}
          onChange={(value) => onChange({ instance: value === 'instance' ? true : undefined })}
        />
      )}
      <Typed label="Who" value={filter.actor} onChange={(actor) => onChange({ actor })} />
      <Typed
        label="What"
        example="secrets.*"
        value={filter.action}
        onChange={(action) => onChange({ action })}
      />
      <Typed label="To what" value={filter.target} onChange={(target) => onChange({ target })} />
      <Choice
        label="How it came out"
        value={filter.outcome ?? ''}
        options={[
          { value: '', label: 'Any outcome' },
          ...OUTCOMES.map((value) => ({ value, label: OUTCOME[value].label })),
        ]}
        onChange={(outcome) => onChange({ outcome: outcome || undefined })}
      />
      <Moment label="Since" value={filter.since} onChange={(since) => onChange({ since })} />
      <Moment label="Before" value={filter.before} onChange={(before) => onChange({ before })} />
      {filtered && (
        <Button look="quiet" onClick={clear}>
          Clear
        </Button>
      )}
    </div>
  )
}

interface FieldProps {
  label: string
  /** Such as. */
  example?: string
  value: string | undefined
  onChange: (value: string | undefined) => void
}

function Typed(props: FieldProps) {
  // The address may change without a key being pressed (Clear, going back): then that counts.
  return <TypedText key={props.value ?? ''} {...props} />
}

function TypedText({ label, example, value, onChange }: FieldProps) {
  const [text, setText] = useState(value ?? '')
  const give = useEffectEvent(() => {
    if (text.trim() !== (value ?? '')) onChange(text.trim() || undefined)
  })
  useEffect(() => {
    const timer = setTimeout(() => give(), RESTS)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <TextInput
      aria-label={label}
      placeholder={example ? `${label}: ${example}` : label}
      spellCheck={false}
      autoComplete="off"
      className="max-w-44 flex-[1_1_8rem]"
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => event.key === 'Enter' && onChange(text.trim() || undefined)}
    />
  )
}

function Moment({ label, value, onChange }: FieldProps) {
  return (
    <label className="flex min-w-0 items-center gap-1.5 text-xs text-ink-soft">
      {label}
      <TextInput
        type="datetime-local"
        className="max-w-48"
        value={value === undefined ? '' : toLocal(value)}
        onChange={(event) => onChange(fromLocal(event.target.value))}
      />
    </label>
  )
}
