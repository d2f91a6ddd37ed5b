/** Fields of which one is given: the choice, and then that one. Choosing another takes the first one out. */
import { useState, type ReactNode } from 'react'

import type { Json } from '../api/types'
import { Labelled, SelectInput } from '../ui/inputs'
import type { Give } from './controls/types'
import type { OneOf } from './layout'
import type { Field } from './model'
import { withKey } from './place'

interface Props {
  oneOf: OneOf
  fields: readonly Field[]
  value: { [key: string]: Json }
  path: string
  onChange: Give
  view: (field: Field) => ReactNode
}

export function OneOfFields({ oneOf, fields, value, path, onChange, view }: Props) {
  const given = fields.filter(({ name }) => value[name] !== undefined)
  const [chosen, choose] = useState<string | null>(null)
  const current =
    given.find(({ name }) => name === chosen) ??
    given[0] ??
    fields.find(({ name }) => name === chosen) ??
    (oneOf.none ? undefined : fields[0])
  const take = (name: string) => {
    choose(name)
    const rest = given.reduce((next, field) => withKey(next, field.name, undefined), value)
    if (rest !== value) onChange(rest, path)
  }
  return (
    <div className="space-y-2">
      <Labelled label={titleOf(fields)}>
        {(wiring) => (
          <SelectInput {...wiring} value={current?.name ?? ''} onChange={({ target }) => take(target.value)}>
            {oneOf.none && <option value="">None</option>}
            {fields.map((field) => (
              <option key={field.name} value={field.name}>
                {field.label}
              </option>
            ))}
          </SelectInput>
        )}
      </Labelled>
      {/* More than one is given against the rule: all are shown, so that one can be taken out. */}
      {given.length > 1 ? given.map(view) : current && view(current)}
    </div>
  )
}

function titleOf(fields: readonly Field[]): string {
  if (fields.some(({ name }) => name === 'body' || name === 'json')) return 'Body'
  return fields.map(({ label }) => label).join(' or ')
}
