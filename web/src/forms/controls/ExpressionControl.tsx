/** A field that is an expression by itself, without braces: a condition as rows or text, anything else as text. */
import { useMemo } from 'react'

import type { Json } from '../../api/types'
import { ExpressionField } from '../../expressions/ExpressionField'
import type { Extra } from '../../expressions/scope'
import { ConditionField } from '../../rulesform/ConditionField'
import type { Control } from '../model'
import { textOfScalar } from '../scalars'
import { useSample } from '../useSample'
import { described } from './TextControl'
import type { ControlProps } from './types'

type Marked = Extract<Control, { kind: 'expression' }>

export function ExpressionControl({
  field,
  value,
  path,
  onChange,
  wiring,
  messages,
  siblings,
  control,
}: ControlProps & { control: Marked }) {
  const extra = useMarkedExtra(control, siblings)
  const shared = {
    ...described(wiring),
    label: field.label,
    value: textOfScalar(value),
    extra,
    messages,
    placeholder: field.example,
    onChange: (source: string) => onChange(source === '' ? undefined : source, path),
  }
  return control.condition ? <ConditionField {...shared} /> : <ExpressionField {...shared} />
}

function useMarkedExtra(control: Marked, siblings: { [key: string]: Json }): Extra {
  const { each, only, event, item } = control
  const sample = useSample(each ? siblings[each] : undefined)
  return useMemo(
    () => ({
      params: true,
      event,
      ...(only && { only }),
      ...((each || item) && { hasItem: true }),
      ...(sample !== undefined && { item: sample }),
    }),
    [each, only, event, item, sample],
  )
}
