/** One row of a condition: what is looked at, how it is compared, and with what. */
import { X } from 'lucide-react'
import { useState } from 'react'

import { ExpressionField } from '../expressions/ExpressionField'
import type { Extra } from '../expressions/scope'
import { Tool } from '../forms/controls/RowTools'
import { SelectInput, TextInput } from '../ui/inputs'
import { OPERATORS, takesRight, type Operator, type Row } from './condition'
import { sideOf, sourceOfSide, type RightKind } from './rightSide'

interface Props {
  row: Row
  what: string
  extra: Extra
  onChange: (row: Row) => void
  onRemove: () => void
}

export function ConditionRow({ row, what, extra, onChange, onRemove }: Props) {
  return (
    <div role="group" aria-label={what} className="space-y-1 rounded-md border border-line bg-page p-1.5">
      <div className="flex items-start gap-1">
        <div className="min-w-0 flex-1">
          <ExpressionField
            quiet
            label={`Left side of ${what}`}
            value={row.left}
            placeholder="input.score"
            extra={extra}
            onChange={(left) => onChange({ ...row, left })}
          />
        </div>
        <span className="flex h-8 items-center">
          <Tool Icon={X} label={`Remove ${what}`} onClick={onRemove} />
        </span>
      </div>
      <div className="flex flex-wrap items-start gap-1">
        <SelectInput
          aria-label={`Operator of ${what}`}
          value={row.operator}
          className="max-w-36"
          onChange={({ target }) => onChange({ ...row, operator: target.value as Operator })}
        >
          {OPERATORS.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectInput>
        {takesRight(row.operator) && <Right {...{ row, what, extra, onChange }} />}
      </div>
    </div>
  )
}

const KINDS: readonly { value: RightKind; label: string }[] = [
  { value: 'value', label: 'Value' },
  { value: 'text', label: 'Text' },
  { value: 'expression', label: 'Expression' },
]

function Right({ row, what, extra, onChange }: Omit<Props, 'onRemove'>) {
  const side = sideOf(row.right)
  const listed = row.operator === 'in' || row.operator === '!in'
  const [chosen, choose] = useState<RightKind | null>(null)
  const kind = chosen ?? (listed && row.right === '' ? 'expression' : side.kind)
  const text = kind === 'expression' ? row.right : side.text
  const give = (next: string, as = kind) =>
    onChange({ ...row, right: sourceOfSide({ kind: as, text: next }) })
  const label = `Right side of ${what}`
  return (
    <div className="flex min-w-40 flex-1 items-start gap-1">
      <div className="min-w-0 flex-1">
        {kind === 'expression' ? (
          <ExpressionField
            quiet
            label={label}
            value={text}
            placeholder={listed ? '["pro", "max"]' : 'vars.threshold'}
            extra={extra}
            onChange={(next) => give(next)}
          />
        ) : (
          <TextInput
            aria-label={label}
            value={text}
            spellCheck={false}
            autoComplete="off"
            placeholder={kind === 'text' ? 'text' : 'text, number, true'}
            onChange={({ target }) => give(target.value)}
          />
        )}
      </div>
      <select
        aria-label={`Type of ${label.toLowerCase()}`}
        value={kind}
        className="h-8 w-16 shrink-0 rounded bg-transparent text-[11px] text-ink-faint hover:bg-raised hover:text-ink"
        onChange={({ target }) => {
          const next = target.value as RightKind
          choose(next)
          if (row.right !== '' && next !== 'expression') give(side.text, next)
        }}
      >
        {KINDS.map(({ value, label: name }) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}
