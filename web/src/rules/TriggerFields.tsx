/** What starts a rule: an event, a clock or a webhook. Settings without a field of their own stand as JSON. */
import { ChevronRight } from 'lucide-react'
import { useState } from 'react'

import type { ProblemEntry } from '../api/types'
import { ExpressionField } from '../expressions/ExpressionField'
import { JsonEditor } from '../ui/code/JsonEditor'
import { Labelled, SelectInput, TextInput } from '../ui/inputs'
import { ClockPreview } from './ClockPreview'
import { freshTrigger, othersOf, put, textOf, TRIGGERS, withOthers, type Part } from './document'
import { errorAt, messagesAt } from './problems'

interface Props {
  trigger: Part
  problems: readonly ProblemEntry[]
  onChange: (trigger: Part) => void
}

const LABELS: Record<string, string> = {
  event: 'An event',
  cron: 'Times of a cron expression',
  every: 'Every so often',
  at: 'One time',
  webhook: 'A webhook',
}

interface Field {
  key: string
  label: string
  placeholder: string
  hint?: string
}

const FIELDS: Record<string, readonly Field[]> = {
  event: [
    { key: 'event', label: 'Type', placeholder: 'order.paid', hint: 'order.* stands for all that begin so.' },
  ],
  cron: [
    { key: 'cron', label: 'Cron', placeholder: '0 7 * * 1-5', hint: 'Minute, hour, day, month, weekday.' },
    { key: 'timezone', label: 'Time zone', placeholder: 'UTC' },
  ],
  every: [{ key: 'every', label: 'Every', placeholder: '15m' }],
  at: [{ key: 'at', label: 'At', placeholder: '2026-12-24T18:00:00+01:00' }],
  webhook: [],
}

export function TriggerFields({ trigger, problems, onChange }: Props) {
  const type = textOf(trigger, 'type')
  const fields = (Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined) ?? []
  const known = ['type', ...fields.map(({ key }) => key), ...(type === 'event' ? ['condition'] : [])]
  return (
    <div className="space-y-3">
      <div className="grid gap-3 sm:grid-cols-3">
        <Labelled label="Started by" error={errorAt(problems, 'trigger.type')}>
          {(wiring) => (
            <SelectInput
              {...wiring}
              value={type}
              onChange={(event) => onChange(freshTrigger(event.target.value))}
            >
              {!Object.hasOwn(LABELS, type) && <option value={type}>{type || 'Choose…'}</option>}
              {TRIGGERS.map((each) => (
                <option key={each} value={each}>
                  {LABELS[each]}
                </option>
              ))}
            </SelectInput>
          )}
        </Labelled>
        {fields.map(({ key, label, placeholder, hint }) => (
          <Labelled key={key} label={label} hint={hint} error={errorAt(problems, `trigger.${key}`)}>
            {(wiring) => (
              <TextInput
                {...wiring}
                spellCheck={false}
                autoComplete="off"
                placeholder={placeholder}
                className="font-mono !text-xs"
                value={textOf(trigger, key)}
                onChange={(event) => onChange({ ...trigger, [key]: event.target.value })}
              />
            )}
          </Labelled>
        ))}
      </div>
      {type === 'event' && <EventCondition {...{ trigger, problems, onChange }} />}
      {['cron', 'every', 'at'].includes(type) && <ClockPreview trigger={trigger} />}
      {type === 'webhook' && (
        <p className="text-xs text-ink-faint">
          Its address is made when the rule is saved, and stays. Sign it below: {'{"signature": {"type": …}}'}
          .
        </p>
      )}
      <Others trigger={trigger} known={known} onChange={onChange} />
    </div>
  )
}

function EventCondition({ trigger, problems, onChange }: Props) {
  return (
    <div className="space-y-1">
      <span className="text-xs font-medium text-ink-soft">Only events for which this is true</span>
      <ExpressionField
        label="Condition of the trigger"
        value={textOf(trigger, 'condition')}
        messages={messagesAt(problems, 'trigger.condition')}
        placeholder="event.data.amount > 100"
        onChange={(next) => onChange(put(trigger, 'condition', next))}
      />
    </div>
  )
}

function Others({ trigger, known, onChange }: Omit<Props, 'problems'> & { known: readonly string[] }) {
  const others = othersOf(trigger, known)
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
        Other settings of the trigger
      </button>
      {open && (
        <JsonEditor
          label="Other settings of the trigger"
          value={others}
          onChange={(next) => onChange(withOthers(trigger, known, next))}
        />
      )}
    </div>
  )
}
