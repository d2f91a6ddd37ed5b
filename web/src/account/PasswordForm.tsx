/** Another password: whoever else is signed in with the old one is signed out. */
import { useState, type SubmitEvent } from 'react'

import { changePassword } from '../api/account'
import { NewPasswordField, PasswordField } from '../signin/PasswordFields'
import { passwordProblem } from '../signin/passwords'
import { Button } from '../ui/Button'
import { Refusal } from '../ui/FormFoot'
import { Panel } from '../ui/Page'
import { useToast } from '../ui/Toasts'
import { useQueryClient } from '@tanstack/react-query'

export function PasswordForm({ email }: { email: string | null }) {
  const toast = useToast()
  const client = useQueryClient()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [busy, setBusy] = useState(false)
  const [refused, refuse] = useState<unknown>(null)
  const changed = () => {
    setCurrent('')
    setNext('')
    toast.done('Changed your password; other browsers are signed out')
    return client.invalidateQueries({ queryKey: ['sessions'] })
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (passwordProblem(next, email) !== null) return
    setBusy(true)
    refuse(null)
    changePassword({ current, new: next })
      .then(changed, refuse)
      .finally(() => setBusy(false))
  }
  return (
    <Panel title="Password">
      <form onSubmit={submit} className="space-y-3 p-4">
        <PasswordField label="Current password" value={current} onChange={setCurrent} />
        <NewPasswordField label="New password" email={email} value={next} onChange={setNext} />
        {refused !== null && <Refusal error={refused} />}
        <div className="flex justify-end">
          <Button type="submit" busy={busy} disabled={current === '' || next === ''}>
            Change the password
          </Button>
        </div>
      </form>
    </Panel>
  )
}
