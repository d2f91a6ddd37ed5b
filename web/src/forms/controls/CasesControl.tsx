/** The cases of a switch: a condition for each port, asked in this order. */
import { useState } from 'react'

import type { Json } from '../../api/types'
import { ConditionField } from '../../rulesform/ConditionField'
import { Told } from '../Frame'
import { renamed, reordered } from '../lists'
import { below, messagesUnder } from '../paths'
import { isObject, withKey } from '../place'
import { textOfScalar } from '../scalars'
import { useSurroundings } from '../surroundings'
import { useExtra } from '../useExtra'
import { NameInput } from './PairsControl'
import { AddRow, RowTools } from './RowTools'
import type { ControlProps } from './types'
import { useNewRow } from './useNewRow'

export function CasesControl({ field, value, path, onChange }: ControlProps) {
  const { problems } = useSurroundings()
  const extra = useExtra(field)
  const cases: { [key: string]: Json } = isObject(value) ? value : {}
  const names = Object.keys(cases)
  const [serial, count] = useState(names.length)
  const { list, added } = useNewRow()
  const add = () => {
    const name = freshName(names, serial)
    count(serial + 1)
    onChange({ ...cases, [name]: '' }, path)
    added(names.length)
  }
  return (
    <div ref={list} className="space-y-2">
      {names.map((name, index) => {
        const at = below(path, name)
        const messages = messagesUnder(problems, at)
        return (
          <div
            key={index}
            data-row={index}
            data-path={at}
            className="space-y-1.5 rounded-md border border-line p-2"
          >
            <div className="flex items-start justify-between gap-1">
              <NameInput
                label={`Name of case ${index + 1}`}
                name={name}
                taken={names}
                onRename={(next) => onChange(renamed(cases, name, next), path)}
              />
              <RowTools
                what={`case ${name}`}
                index={index}
                count={names.length}
                onMove={(to) => onChange(reordered(cases, index, to), path)}
                onRemove={() => onChange(withKey(cases, name, undefined), path)}
              />
            </div>
            <ConditionField
              label={`Case ${name}`}
              value={textOfScalar(cases[name])}
              extra={extra}
              messages={messages}
              placeholder="input.total > 1000"
              onChange={(source) => onChange({ ...cases, [name]: source }, at)}
            />
            <Told messages={messages} />
          </div>
        )
      })}
      <AddRow label="Add a case" onClick={add} />
    </div>
  )
}

function freshName(names: readonly string[], serial: number): string {
  let number = serial + 1
  while (names.includes(`case_${number}`)) number += 1
  return `case_${number}`
}
