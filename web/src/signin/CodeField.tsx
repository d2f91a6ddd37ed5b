/** A one-time code, or a recovery code in its place. */
import { Labelled, TextInput } from '../ui/inputs'

export function CodeField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Labelled
      label="One-time code"
      hint="Of your authenticator app. Without it, one of your recovery codes does; each is good once."
    >
      {(wiring) => (
        <TextInput
          {...wiring}
          name="code"
          required
          autoFocus
          autoComplete="one-time-code"
          spellCheck={false}
          maxLength={64}
          className="font-mono tracking-widest"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  )
}
