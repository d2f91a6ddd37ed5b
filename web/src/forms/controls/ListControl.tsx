/** A list: its items in order, each with its own form; more can be added. */
import type { Json } from '../../api/types'
import { FieldView } from '../FieldView'
import { fieldOf, typesOf, type Schema } from '../model'
import { moved, removed, replaced } from '../lists'
import { below } from '../paths'
import { isObject } from '../place'
import { AddRow, RowTools } from './RowTools'
import type { ControlProps } from './types'
import { useNewRow } from './useNewRow'

export function ListControl({ field, value, path, onChange, item }: ControlProps & { item: Schema }) {
  const items = Array.isArray(value) ? value : []
  const { list, added } = useNewRow()
  const give = (next: Json[], at = path) =>
    onChange(next.length === 0 && !field.required ? undefined : next, at)
  const composed = isObject(item['properties'])
  return (
    <div ref={list} className="space-y-1.5">
      {items.map((each, index) => {
        const what = `${field.label} ${index + 1}`
        return (
          <div
            key={index}
            data-row={index}
            className={
              composed
                ? 'flex gap-1 rounded-md border border-line bg-page p-2'
                : 'flex items-start gap-1 rounded-md'
            }
          >
            <FieldView
              bare
              field={{ ...fieldOf(field.name, item, true, field.secret), label: what }}
              value={each}
              path={below(path, index)}
              siblings={{}}
              onChange={(next, at) => give(replaced(items, index, next ?? emptyOf(item)), at)}
            />
            <RowTools
              what={what}
              index={index}
              count={items.length}
              onMove={(to) => give(moved(items, index, to))}
              onRemove={() => give(removed(items, index))}
            />
          </div>
        )
      })}
      <AddRow
        label={items.length === 0 ? `Add to ${field.label}` : 'Add another'}
        onClick={() => {
          give([...items, emptyOf(item)])
          added(items.length)
        }}
      />
    </div>
  )
}

function emptyOf(schema: Schema): Json {
  switch (typesOf(schema)[0]) {
    case 'object':
      return {}
    case 'array':
      return []
    case 'boolean':
      return false
    default:
      return ''
  }
}
