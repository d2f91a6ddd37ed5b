/** The conditions of a rule, each as rows or as text. All must be true; without any the rule always acts. */
import { Plus, X } from 'lucide-react'

import type { ProblemEntry } from '../api/types'
import { ConditionField } from '../rulesform/ConditionField'
import { Button } from '../ui/Button'
import { messagesAt } from './problems'

interface Props {
  conditions: readonly string[]
  problems: readonly ProblemEntry[]
  onChange: (conditions: string[]) => void
}

export function ConditionList({ conditions, problems, onChange }: Props) {
  return (
    <div className="space-y-3">
      {conditions.length === 0 && (
        <p className="text-ink-soft">No condition: whatever the trigger takes inserts the jobs.</p>
      )}
      <ol className="space-y-3">
        {conditions.map((condition, index) => {
          const messages = messagesAt(problems, `conditions[${index}]`)
          return (
            <li key={index} className="flex items-start gap-1.5">
              <div className="min-w-0 flex-1">
                <ConditionField
                  label={`Condition ${index + 1}`}
                  value={condition}
                  messages={messages}
                  placeholder='tenant.plan == "pro"'
                  onChange={(next) => onChange(conditions.with(index, next))}
                />
                {messages.map((message) => (
                  <p key={message} role="alert" className="text-xs text-[var(--failure-text)]">
                    {message}
                  </p>
                ))}
              </div>
              <Button
                look="quiet"
                aria-label={`Remove condition ${index + 1}`}
                className="!px-1.5"
                onClick={() => onChange(conditions.toSpliced(index, 1))}
              >
                <X size={14} aria-hidden />
              </Button>
            </li>
          )
        })}
      </ol>
      <Button onClick={() => onChange([...conditions, ''])}>
        <Plus size={14} aria-hidden /> Add a condition
      </Button>
    </div>
  )
}
