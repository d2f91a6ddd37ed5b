/** What starts a rule: an event, a clock or a webhook, with the same fields as a workflow's triggers. */
import type { ProblemEntry } from '../api/types'
import { TriggerFields } from '../triggers/TriggerFields'
import { Labelled, SelectInput } from '../ui/inputs'
import { freshTrigger, isPart, textOf, TRIGGERS, type Part } from './document'
import { errorAt } from './problems'

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

export function TriggerPart({ trigger, problems, onChange }: Props) {
  const type = textOf(trigger, 'type')
  return (
    <div className="space-y-3">
      <Labelled label="Started by" error={errorAt(problems, 'trigger.type')}>
        {(wiring) => (
          <SelectInput
            {...wiring}
            value={type}
            className="sm:!w-64"
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
      <TriggerFields
        rule
        value={trigger}
        path="trigger"
        onChange={(next) => isPart(next) && onChange(next)}
      />
      {type === 'webhook' && (
        <p className="text-xs text-ink-faint">Its address is made when the rule is saved first, and stays.</p>
      )}
    </div>
  )
}
