/** The jobs that a rule inserts: kind, queue, payload with templates, and whatever else a job takes as JSON. */
import { ChevronRight, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'

import type { ProblemEntry } from '../api/types'
import { Button } from '../ui/Button'
import { JsonEditor } from '../ui/code/JsonEditor'
import { Labelled, TextInput } from '../ui/inputs'
import { othersOf, put, textOf, withOthers, type Part } from './document'
import { errorAt, messagesAt } from './problems'

const KNOWN = ['kind', 'queue', 'payload', 'unique_key', 'delay'] as const

interface Props {
  jobs: readonly Part[]
  problems: readonly ProblemEntry[]
  onChange: (jobs: Part[]) => void
}

export function JobList({ jobs, problems, onChange }: Props) {
  return (
    <div className="space-y-3">
      {jobs.map((job, index) => (
        <JobFields
          key={index}
          job={job}
          number={index + 1}
          place={`jobs[${index}]`}
          problems={problems}
          onChange={(next) => onChange(jobs.with(index, next))}
          onRemove={() => onChange(jobs.toSpliced(index, 1))}
        />
      ))}
      {errorAt(problems, 'jobs') && jobs.length === 0 && (
        <p role="alert" className="text-xs text-[var(--failure-text)]">
          {errorAt(problems, 'jobs')}
        </p>
      )}
      <Button onClick={() => onChange([...jobs, { kind: '', payload: {} }])}>
        <Plus size={14} aria-hidden /> Add a job
      </Button>
    </div>
  )
}

interface FieldsProps {
  job: Part
  number: number
  place: string
  problems: readonly ProblemEntry[]
  onChange: (job: Part) => void
  onRemove: () => void
}

const TEXTS = [
  { key: 'kind', label: 'Kind', placeholder: 'email.send' },
  { key: 'queue', label: 'Queue', placeholder: 'default' },
  { key: 'unique_key', label: 'Unique key', placeholder: 'order-{{ event.data.order }}' },
  { key: 'delay', label: 'Delay', placeholder: '10m' },
] as const

function JobFields({ job, number, place, problems, onChange, onRemove }: FieldsProps) {
  const label = `Job ${number}`
  return (
    <div role="group" aria-label={label} className="space-y-3 rounded-md border border-line bg-page p-3">
      <div className="flex items-center justify-between">
        <h3 className="text-xs font-medium text-ink-faint">{label}</h3>
        <Button look="quiet" aria-label={`Remove job ${number}`} className="!h-6 !px-1.5" onClick={onRemove}>
          <Trash2 size={13} aria-hidden />
        </Button>
      </div>
      <div className="grid gap-3 sm:grid-cols-2">
        {TEXTS.map(({ key, label: name, placeholder }) => (
          <Labelled
            key={key}
            label={name}
            required={key === 'kind'}
            error={errorAt(problems, `${place}.${key}`)}
          >
            {(wiring) => (
              <TextInput
                {...wiring}
                spellCheck={false}
                autoComplete="off"
                placeholder={placeholder}
                className="font-mono !text-xs"
                value={textOf(job, key)}
                onChange={(event) => onChange(put(job, key, event.target.value))}
              />
            )}
          </Labelled>
        ))}
      </div>
      <div className="space-y-1">
        <span className="text-xs font-medium text-ink-soft">Payload</span>
        <JsonEditor
          label={`Payload of job ${number}`}
          optional
          value={job['payload']}
          onChange={(payload) => onChange(put(job, 'payload', payload))}
          className="max-h-80"
        />
        <p className="text-xs text-ink-faint">
          Texts may hold templates, such as {'"{{ tenant.name }}"'} or {'"{{ event.data.order }}"'}.
        </p>
        <Told messages={messagesAt(problems, `${place}.payload`)} />
      </div>
      <Others job={job} number={number} onChange={onChange} />
      <Told messages={problems.filter(({ path }) => path === place).map(({ message }) => message)} />
    </div>
  )
}

function Others({ job, number, onChange }: Pick<FieldsProps, 'job' | 'number' | 'onChange'>) {
  const others = othersOf(job, KNOWN)
  const [open, setOpen] = useState(Object.keys(others).length > 0)
  return (
    <div className="space-y-1">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="inline-flex items-center gap-1 rounded text-xs text-ink-soft hover:text-ink"
      >
        <ChevronRight size={13} aria-hidden className={open ? 'rotate-90' : ''} />
        Other settings: priority, retry, timeout, tag, rate…
      </button>
      {open && (
        <JsonEditor
          label={`Other settings of job ${number}`}
          value={others}
          onChange={(next) => onChange(withOthers(job, KNOWN, next))}
        />
      )}
    </div>
  )
}

function Told({ messages }: { messages: readonly string[] }) {
  return messages.map((message) => (
    <p key={message} role="alert" className="text-xs text-[var(--failure-text)]">
      {message}
    </p>
  ))
}
