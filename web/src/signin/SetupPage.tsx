/** The first owner: from then on one signs in, and being at this machine is no longer enough. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type SubmitEvent } from 'react'

import { begin } from '../access/sittings'
import { optionsQuery, setUp } from '../api/session'
import { Button } from '../ui/Button'
import { Refusal } from '../ui/FormFoot'
import { Labelled, TextInput } from '../ui/inputs'
import { ErrorState, Skeleton } from '../ui/states'
import { Door } from './Door'
import { NewPasswordField } from './PasswordFields'
import { passwordProblem } from './passwords'
import { EmailField } from './SignInForm'

const ABOUT =
  'The first owner. From then on everybody signs in, here too: being at this machine is no longer enough.'

export function SetupPage() {
  const options = useQuery(optionsQuery())
  return (
    <Door title="Set up sign-in" about={options.data?.setup && options.data.local && ABOUT}>
      {options.isPending ? (
        <Skeleton rows={3} />
      ) : options.isError ? (
        <ErrorState error={options.error} retry={() => void options.refetch()} />
      ) : options.data.setup && options.data.local ? (
        <OwnerForm />
      ) : (
        <p className="text-ink-soft">
          {options.data.setup
            ? 'The first owner is made at the machine that the server runs on.'
            : 'There is an owner already.'}{' '}
          <Link to="/signin" className="rounded text-accent underline">
            To the sign-in
          </Link>
        </p>
      )}
    </Door>
  )
}

function OwnerForm() {
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [refused, refuse] = useState<unknown>(null)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (passwordProblem(password, email) !== null) return
    setBusy(true)
    refuse(null)
    setUp({ email: email.trim(), name: name.trim(), password }).then(
      () => begin(),
      (error: unknown) => {
        setBusy(false)
        refuse(error)
      },
    )
  }
  return (
    <form onSubmit={submit} className="space-y-3">
      <EmailField value={email} onChange={setEmail} />
      <NameField value={name} onChange={setName} />
      <NewPasswordField email={email} value={password} onChange={setPassword} />
      {refused !== null && <Refusal error={refused} />}
      <Button type="submit" look="primary" busy={busy} className="w-full">
        Make the owner
      </Button>
      <Link to="/" className="block rounded py-1 text-center text-ink-soft hover:text-ink hover:underline">
        Not now
      </Link>
    </form>
  )
}

export function NameField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Labelled label="Name">
      {(wiring) => (
        <TextInput
          {...wiring}
          name="name"
          required
          maxLength={100}
          autoComplete="name"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  )
}
