/** How a webhook's sender proves itself. A secret is chosen by its name; its value is never asked for here. */
import type { Json } from '../api/types'
import type { Give } from '../forms/controls/types'
import { Told } from '../forms/Frame'
import { below, problemsAt } from '../forms/paths'
import { isObject } from '../forms/place'
import { SchemaFields } from '../forms/SchemaFields'
import { useSurroundings } from '../forms/surroundings'
import { useSecretNames } from '../forms/useSecretNames'
import { Labelled, SelectInput } from '../ui/inputs'
import { secretsOf, signatureSchema, SIGNATURES, signatureType, withSignatureType } from './signatures'

interface Props {
  value: Json | undefined
  path: string
  onChange: Give
}

export function SignatureField({ value, path, onChange }: Props) {
  const { problems } = useSurroundings()
  const known = useSecretNames()
  const type = signatureType(value)
  const used = secretsOf(value)
  const names = [...new Set([...known, ...used])]
  const missing = used.filter((name) => !known.includes(name))
  const told = [...problemsAt(problems, path), ...problemsAt(problems, below(path, 'type'))]
  const several = isObject(value) && value['secrets'] !== undefined
  return (
    <div className="space-y-2" data-path={path}>
      <Labelled
        label="Signature"
        hint={type === 'none' ? 'Unsigned: anyone who knows the address can start it.' : undefined}
      >
        {(wiring) => (
          <SelectInput
            {...wiring}
            value={type}
            onChange={({ target }) => onChange(withSignatureType(value, target.value), path)}
          >
            {SIGNATURES.map(({ value: each, label }) => (
              <option key={each} value={each}>
                {label}
              </option>
            ))}
          </SelectInput>
        )}
      </Labelled>
      <Told messages={told.map(({ message }) => message)} />
      {type !== 'none' && isObject(value) && (
        <div className="space-y-2 rounded-md border border-line bg-page p-2.5">
          <SchemaFields
            key={type}
            schema={signatureSchema(type, names, several)}
            value={value}
            path={path}
            onChange={onChange}
          />
          {missing.length > 0 && (
            <p data-tone="waiting" className="text-xs text-tone">
              There is no secret {missing.join(', ')} yet: add it under Secrets, or every call is refused.
            </p>
          )}
          {names.length === 0 && (
            <p className="text-xs text-ink-faint">There are no secrets yet: add one under Secrets.</p>
          )}
        </div>
      )}
    </div>
  )
}
