/** Fields inside a field. One that isn't needed is not there until it is added. */
import { isObject } from '../place'
import type { Schema } from '../model'
import { problemsUnder } from '../paths'
import { SchemaFields } from '../SchemaFields'
import { useSurroundings } from '../surroundings'
import { AddRow } from './RowTools'
import type { ControlProps } from './types'

export function ObjectControl({
  field,
  value,
  path,
  onChange,
  schema,
  bare,
}: ControlProps & { schema: Schema; bare: boolean }) {
  const { problems } = useSurroundings()
  if (value === undefined && !field.required && problemsUnder(problems, path).length === 0) {
    return <AddRow label={`Add ${field.label}`} onClick={() => onChange({}, path)} />
  }
  const fields = (
    <SchemaFields
      schema={schema}
      value={isObject(value) ? value : {}}
      path={path}
      secret={field.secret}
      onChange={onChange}
    />
  )
  if (bare) return fields
  return (
    <div className="space-y-2 rounded-md border border-line bg-page p-2.5">
      {fields}
      {!field.required && (
        <button
          type="button"
          onClick={() => onChange(undefined, path)}
          className="rounded text-xs text-ink-faint hover:text-ink hover:underline"
        >
          Remove {field.label}
        </button>
      )}
    </div>
  )
}
