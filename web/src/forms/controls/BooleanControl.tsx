/** On or off; the default where nothing is given. */
import { Switch } from '../../ui/Switch'
import type { ControlProps } from './types'

export function BooleanControl({ field, value, path, onChange }: ControlProps) {
  return (
    <div className="flex h-6 items-center">
      <Switch
        hidden
        label={field.label}
        checked={(value ?? field.default) === true}
        onChange={(on) => onChange(on === field.default && !field.required ? undefined : on, path)}
      />
    </div>
  )
}
