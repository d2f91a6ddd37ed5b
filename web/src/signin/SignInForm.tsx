/** Address and password; and, once these are right and a code is asked for, the code. */
import { useState, type SubmitEvent } from 'react'

import { asProblem } from '../api/http'
import { signIn } from '../api/session'
import { Button } from '../ui/Button'
import { Labelled, TextInput } from '../ui/inputs'
import { CodeField } from './CodeField'
import { asksForCode } from './code'
import { PasswordField } from './PasswordFields'
import { Refusal } from './Refusal'

interface Told {
  error: unknown
  at: number
}

export function SignInForm({ onSignedIn }: { onSignedIn: () => void }) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const [told, tell] = useState<Told | null>(null)
  const held = told !== null && asProblem(told.error).status === 429
  const refused = (error: unknown) => {
    setBusy(false)
    const asked = asksForCode(error)
    if (asked && code === null) setCode('')
    // The first time it is a question, not a refusal.
    tell(asked && code === null ? null : { error, at: Date.now() })
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (held) return
    setBusy(true)
    tell(null)
    signIn({ email: email.trim(), password, ...(code !== null && { code: code.trim() }) }).then(
      onSignedIn,
      refused,
    )
  }
  const back = () => {
    setCode(null)
    setPassword('')
    tell(null)
  }
  return (
    <form onSubmit={submit} className="space-y-3">
      {code === null ? (
        <>
          <EmailField value={email} onChange={setEmail} />
          <PasswordField value={password} onChange={setPassword} />
        </>
      ) : (
        <CodeField value={code} onChange={setCode} />
      )}
      {told && <Refusal {...told} onOver={() => tell(null)} />}
      <Button type="submit" look="primary" busy={busy} disabled={held} className="w-full">
        {code === null ? 'Sign in' : 'Confirm'}
      </Button>
      {code !== null && (
        <Button look="quiet" onClick={back} className="w-full">
          As somebody else
        </Button>
      )}
    </form>
  )
}

export function EmailField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Labelled label="Email address">
      {(wiring) => (
        <TextInput
          {...wiring}
          type="email"
          name="email"
          required
          autoFocus
          autoComplete="username"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  )
}
