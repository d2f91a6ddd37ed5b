/** What the workflow is started with: its fields as rows, or the whole JSON Schema as text. */
import { X } from 'lucide-react'
import { useState } from 'react'

import type { Json } from '../../api/types'
import { AddRow, Tool } from '../../forms/controls/RowTools'
import { NameInput } from '../../forms/controls/PairsControl'
import { useNewRow } from '../../forms/controls/useNewRow'
import { Told } from '../../forms/Frame'
import { JsonEditor } from '../../ui/code/JsonEditor'
import { SelectInput, TextInput } from '../../ui/inputs'
import {
  fieldsOf,
  freshName,
  INPUT_TYPES,
  withField,
  withName,
  withoutField,
  type InputField,
  type InputType,
} from './inputFields'

type Schema = { [key: string]: Json }

interface Props {
  value: Schema | undefined
  messages: readonly string[]
  onChange: (schema: Schema | undefined, at: string) => void
}

export function InputSchema({ value, messages, onChange }: Props) {
  const fields = fieldsOf(value)
  const [asText, setAsText] = useState(fields === null)
  return (
    <div className="space-y-2" data-path="input">
      {asText || !fields ? (
        <JsonEditor
          label="Input schema"
          value={value}
          optional
          className="max-h-96 [&_.cm-content]:min-h-24"
          onChange={(next) => onChange(next as Schema | undefined, 'input')}
        />
      ) : (
        <Rows fields={fields} value={value} onChange={onChange} />
      )}
      <Told messages={messages} />
      <button
        type="button"
        disabled={fields === null}
        title={fields === null ? "Rows can't show this schema" : undefined}
        onClick={() => setAsText(!asText)}
        className="rounded text-[11px] text-ink-faint hover:text-ink hover:underline disabled:opacity-55"
      >
        {asText ? 'Edit as rows' : 'Edit as JSON Schema'}
      </button>
    </div>
  )
}

function Rows({ fields, value, onChange }: Omit<Props, 'messages'> & { fields: readonly InputField[] }) {
  const { list, added } = useNewRow()
  const names = fields.map(({ name }) => name)
  return (
    <div ref={list} className="space-y-2">
      {fields.length === 0 && (
        <p className="text-xs text-ink-faint">
          It takes any object. Name its fields, and wrong input is refused.
        </p>
      )}
      {fields.map((field, index) => (
        <div key={index} data-row={index} className="space-y-1 rounded-md border border-line p-2">
          <div className="flex items-start gap-1">
            <NameInput
              label={`Name of input ${index + 1}`}
              name={field.name}
              taken={names}
              onRename={(next) => onChange(withName(value, field.name, next), `input.${field.name}`)}
            />
            <SelectInput
              aria-label={`Type of ${field.name}`}
              value={field.type}
              onChange={({ target }) =>
                onChange(
                  withField(value, field.name, { type: target.value as InputType }),
                  `input.${field.name}.type`,
                )
              }
            >
              {INPUT_TYPES.map(({ value: type, label }) => (
                <option key={type} value={type}>
                  {label}
                </option>
              ))}
            </SelectInput>
            <span className="flex h-8 items-center">
              <Tool
                Icon={X}
                label={`Remove ${field.name}`}
                onClick={() => onChange(withoutField(value, field.name), `input.${field.name}`)}
              />
            </span>
          </div>
          <About field={field} value={value} onChange={onChange} />
        </div>
      ))}
      <AddRow
        label="Add a field"
        onClick={() => {
          onChange(withField(value, freshName(fields), { type: 'string' }), 'input')
          added(fields.length)
        }}
      />
    </div>
  )
}

function About({ field, value, onChange }: Omit<Props, 'messages'> & { field: InputField }) {
  return (
    <div className="flex items-center gap-2">
      <TextInput
        aria-label={`Description of ${field.name}`}
        placeholder="What it is"
        value={field.description}
        onChange={({ target }) =>
          onChange(
            withField(value, field.name, { description: target.value }),
            `input.${field.name}.description`,
          )
        }
      />
      <label className="flex shrink-0 items-center gap-1.5 text-xs text-ink-soft">
        <input
          type="checkbox"
          aria-label={`${field.name} is required`}
          checked={field.required}
          onChange={({ target }) =>
            onChange(
              withField(value, field.name, { required: target.checked }),
              `input.${field.name}.required`,
            )
          }
        />
        Required
      </label>
    </div>
  )
}
