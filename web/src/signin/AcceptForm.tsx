/** What a link asks for, and then its use; a one-time code too, where one is set up. */
import { useState, type SubmitEvent } from 'react'

import { begin } from '../access/sittings'
import { acceptInvitation } from '../api/session'
import { Button } from '../ui/Button'
import { CodeField } from './CodeField'
import { asksForCode } from './code'
import { NewPasswordField, PasswordField } from './PasswordFields'
import { passwordProblem } from './passwords'
import { Refusal } from './Refusal'
import { NameField } from './SetupPage'

interface Props {
  token: string
  email: string
  /** `own`: the password that they have; null: none. */
  asks: { name: boolean; password: 'new' | 'own' | null }
  action: string
}

export function AcceptForm({ token, email, asks, action }: Props) {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const [told, tell] = useState<{ error: unknown; at: number } | null>(null)
  const refused = (error: unknown) => {
    setBusy(false)
    const first = asksForCode(error) && code === null
    if (first) setCode('')
    tell(first ? null : { error, at: Date.now() })
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (asks.password === 'new' && passwordProblem(password, email) !== null) return
    setBusy(true)
    tell(null)
    acceptInvitation(token, {
      ...(asks.name && { name: name.trim() }),
      ...(asks.password && { password }),
      ...(code !== null && { code: code.trim() }),
    }).then(() => begin(), refused)
  }
  return (
    <form onSubmit={submit} className="space-y-3">
      {/* For the browser's own keeper of passwords. */}
      <input type="hidden" name="username" autoComplete="username" value={email} />
      {asks.name && <NameField value={name} onChange={setName} />}
      {asks.password === 'own' && (
        <PasswordField label="Your password" value={password} onChange={setPassword} autoFocus />
      )}
      {asks.password === 'new' && <NewPasswordField email={email} value={password} onChange={setPassword} />}
      {code !== null && <CodeField value={code} onChange={setCode} />}
      {told && <Refusal {...told} onOver={() => tell(null)} />}
      <Button type="submit" look="primary" busy={busy} className="w-full">
        {action}
      </Button>
    </form>
  )
}
