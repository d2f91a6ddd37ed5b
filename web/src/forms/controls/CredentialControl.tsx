/**
 * A password, a token, a key: a secret by its name. No value is ever asked for: whoever reads the workflow would read it.
 *
 * What stands there already, or is composed by an expression, is drawn as a text (by the caller).
 */
import { SelectInput } from '../../ui/inputs'
import { secretIn, secretText, useSecretNames } from '../useSecretNames'
import type { ControlProps } from './types'

export function CredentialControl({ value, path, onChange, wiring }: ControlProps) {
  const names = useSecretNames()
  const chosen = secretIn(value) ?? ''
  const all = chosen && !names.includes(chosen) ? [chosen, ...names] : names
  return (
    <SelectInput
      {...wiring}
      value={chosen}
      onChange={({ target }) => onChange(target.value ? secretText(target.value) : undefined, path)}
    >
      <option value="">
        {all.length > 0 ? 'Choose a secret…' : 'No secrets yet: add one under Secrets'}
      </option>
      {all.map((name) => (
        <option key={name} value={name}>
          {names.includes(name) ? name : `${name} (missing)`}
        </option>
      ))}
    </SelectInput>
  )
}
