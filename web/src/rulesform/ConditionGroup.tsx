/** Rows and groups of rows, joined by all or any. */
import type { Extra } from '../expressions/scope'
import { AddRow, Tool } from '../forms/controls/RowTools'
import { SelectInput } from '../ui/inputs'
import { isGroup, type Group, type Row } from './condition'
import { ConditionRow } from './ConditionRow'
import { X } from 'lucide-react'

const DEEPEST = 3
const NEW: Row = { left: '', operator: '==', right: '' }

interface Props {
  group: Group
  what: string
  extra: Extra
  depth?: number
  onChange: (group: Group) => void
}

export function ConditionGroup({ group, what, extra, depth = 0, onChange }: Props) {
  const { items, join } = group
  const put = (index: number, item: Row | Group) => onChange({ ...group, items: items.with(index, item) })
  const remove = (index: number) => onChange({ ...group, items: items.toSpliced(index, 1) })
  const add = (item: Row | Group) => onChange({ ...group, items: [...items, item] })
  return (
    <div className="space-y-1.5">
      {(items.length > 1 || depth > 0) && (
        <SelectInput
          aria-label={`How the rows of ${what} are joined`}
          value={join}
          className="max-w-40"
          onChange={({ target }) => onChange({ ...group, join: target.value === 'any' ? 'any' : 'all' })}
        >
          <option value="all">All of these</option>
          <option value="any">Any of these</option>
        </SelectInput>
      )}
      {items.map((item, index) => {
        const name = depth === 0 ? `row ${index + 1}` : `${what}, row ${index + 1}`
        if (!isGroup(item)) {
          return (
            <ConditionRow
              key={index}
              row={item}
              what={name}
              extra={extra}
              onChange={(row) => put(index, row)}
              onRemove={() => remove(index)}
            />
          )
        }
        const inner = `group ${index + 1}`
        return (
          <div
            key={index}
            role="group"
            aria-label={inner}
            className="flex gap-1 border-l-2 border-line-strong pl-2"
          >
            <div className="min-w-0 flex-1">
              <ConditionGroup
                group={item}
                what={inner}
                extra={extra}
                depth={depth + 1}
                onChange={(next) => put(index, next)}
              />
            </div>
            <span className="flex h-8 items-center">
              <Tool Icon={X} label={`Remove ${inner}`} onClick={() => remove(index)} />
            </span>
          </div>
        )
      })}
      <div className="flex flex-wrap gap-1">
        <AddRow label="Add a row" onClick={() => add(NEW)} />
        {depth < DEEPEST - 1 && items.length > 0 && (
          <AddRow
            label="Add a group"
            onClick={() => add({ join: join === 'all' ? 'any' : 'all', items: [NEW] })}
          />
        )}
      </div>
    </div>
  )
}
