/** The fields of a connection, drawn by its type's schema like those of a node; all are fixed values. */
import { useMemo } from 'react'

import type { ConnectionType } from '../api/secrets'
import type { Json, ProblemEntry } from '../api/types'
import { isObject } from '../forms/place'
import { SchemaFields } from '../forms/SchemaFields'
import { SurroundingsContext, type Surroundings } from '../forms/surroundings'

type Fields = { [name: string]: Json }

interface Props {
  type: ConnectionType
  value: Fields
  problems: readonly ProblemEntry[]
  /** It replaces one of its kind: what is confidential and left empty stays. */
  kept: boolean
  onChange: (value: Fields) => void
}

export function ConnectionFields({ type, value, problems, kept, onChange }: Props) {
  const surroundings = useMemo<Surroundings>(
    () => ({ problems, focus: null, names: () => [], trial: null, fixed: true, kept }),
    [problems, kept],
  )
  return (
    <SurroundingsContext value={surroundings}>
      <div role="group" aria-label={type.title}>
        <SchemaFields
          key={type.id}
          schema={type.schema}
          value={value}
          path="connection"
          onChange={(next) => onChange(isObject(next) ? next : {})}
        />
      </div>
    </SurroundingsContext>
  )
}
