/** A password, to sign in or to choose. What is typed stays in this page's memory alone. */
import { Labelled, TextInput } from '../ui/inputs'
import { passwordProblem } from './passwords'

interface Props {
  label?: string
  value: string
  onChange: (value: string) => void
  autoFocus?: boolean
}

export function PasswordField({ label = 'Password', value, onChange, autoFocus = false }: Props) {
  return (
    <Labelled label={label}>
      {(wiring) => (
        <TextInput
          {...wiring}
          type="password"
          name="password"
          required
          autoFocus={autoFocus}
          autoComplete="current-password"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  )
}

/** `email`: a password must not be the address. */
export function NewPasswordField({
  label = 'Password',
  email,
  value,
  onChange,
}: Props & { email: string | null }) {
  const problem = value === '' ? null : passwordProblem(value, email)
  return (
    <Labelled label={label} error={problem} hint="At least 12 characters; a few words are fine.">
      {(wiring) => (
        <TextInput
          {...wiring}
          type="password"
          name="new-password"
          required
          autoComplete="new-password"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  )
}
