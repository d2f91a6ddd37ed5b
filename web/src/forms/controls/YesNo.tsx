import { SelectInput } from '../../ui/inputs'
import type { ControlProps } from './types'

export function YesNo({ value, path, onChange, wiring }: ControlProps) {
  return (
    <SelectInput
      {...wiring}
      value={String(value === true)}
      onChange={({ target }) => onChange(target.value === 'true', path)}
    >
      <option value="true">true</option>
      <option value="false">false</option>
    </SelectInput>
  )
}
