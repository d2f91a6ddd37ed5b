/** One of a few values. The default is chosen where none is given, and choosing it takes the field out again. */
import { SelectInput } from '../../ui/inputs'
import type { ControlProps } from './types'

export function ChoiceControl({
  field,
  value,
  path,
  onChange,
  wiring,
  choices,
}: ControlProps & { choices: readonly unknown[] }) {
  const current = value ?? field.default
  const known = choices.findIndex((choice) => choice === current)
  return (
    <SelectInput
      {...wiring}
      value={known < 0 && current !== undefined ? 'other' : String(known)}
      onChange={(event) => {
        const chosen = choices[Number(event.target.value)] as typeof value
        onChange(chosen === field.default && !field.required ? undefined : chosen, path)
      }}
    >
      {current === undefined && <option value="-1">Choose…</option>}
      {known < 0 && current !== undefined && <option value="other">{JSON.stringify(current)}</option>}
      {field.default === undefined && !field.required && current !== undefined && (
        <option value="-1">None</option>
      )}
      {choices.map((choice, index) => (
        <option key={index} value={String(index)}>
          {typeof choice === 'string' ? choice : JSON.stringify(choice)}
        </option>
      ))}
    </SelectInput>
  )
}
