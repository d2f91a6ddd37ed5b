/** The input of a test: fields from the workflow's input schema, or JSON. */
import { useMemo, useState } from 'react'

import { Problem } from '../../api/http'
import type { Json } from '../../api/types'
import { SchemaFields } from '../../forms/SchemaFields'
import { SurroundingsContext, type Surroundings } from '../../forms/surroundings'
import { JsonEditor } from '../../ui/code/JsonEditor'

type Fields = { [key: string]: Json }

interface Props {
  schema: Fields | undefined
  value: Json
  onChange: (value: Json) => void
  /** Of the last start, if it was refused. */
  error: unknown
}

export function InputPart({ schema, value, onChange, error }: Props) {
  const fits = schema !== undefined && isFields(schema['properties']) && isFields(value)
  const [asJson, showJson] = useState(false)
  const form = fits && !asJson
  return (
    <div className="space-y-1.5">
      <div className="flex min-h-6 items-center justify-between gap-2">
        <h3 className="text-xs font-medium text-ink-soft">Input</h3>
        {fits && (
          <button
            type="button"
            onClick={() => showJson(!asJson)}
            className="rounded px-1 text-xs text-ink-soft hover:text-accent"
          >
            {asJson ? 'Show as form' : 'Show as JSON'}
          </button>
        )}
      </div>
      {form ? (
        <Form schema={schema} value={value} onChange={onChange} error={error} />
      ) : (
        <JsonEditor
          label="Input of the test, as JSON"
          value={value}
          onChange={(next) => next !== undefined && onChange(next)}
          className="max-h-56 overflow-auto"
        />
      )}
    </div>
  )
}

interface FormProps {
  schema: Fields
  value: Fields
  onChange: (value: Json) => void
  error: unknown
}

function Form({ schema, value, onChange, error }: FormProps) {
  const surroundings: Surroundings = useMemo(
    () => ({
      problems: error instanceof Problem ? error.errors : [],
      focus: null,
      names: () => [],
      trial: null,
      fixed: true,
    }),
    [error],
  )
  return (
    <SurroundingsContext value={surroundings}>
      <SchemaFields schema={schema} value={value} path="input" onChange={(next) => onChange(next ?? {})} />
    </SurroundingsContext>
  )
}

function isFields(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
