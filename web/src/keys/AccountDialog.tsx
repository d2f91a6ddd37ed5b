/** Makes a service account. */
import { useState, type SubmitEvent } from 'react'

import { ROLE_MEANS } from '../access/rights'
import { RoleSelect } from '../access/RoleSelect'
import { makeServiceAccount } from '../api/keys'
import type { RoleName } from '../api/session'
import { Dialog } from '../ui/Dialog'
import { FormFoot } from '../ui/FormFoot'
import { Labelled, TextInput } from '../ui/inputs'
import { useMutate } from '../ui/useMutate'

export function AccountDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={open}
      onOpenChange={onClose}
      title="New service account"
      description="For a program: it doesn’t sign in, it only has keys."
    >
      <Draft onClose={onClose} />
    </Dialog>
  )
}

function Draft({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('')
  const [role, setRole] = useState<RoleName>('operator')
  const [refused, refuse] = useState<unknown>(null)
  const make = useMutate({
    run: () => makeServiceAccount({ name: name.trim(), role }),
    keys: [['service-accounts']],
    done: (made) => `Made ${made.name}`,
    onDone: onClose,
  })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    refuse(null)
    make.startAsync(undefined).catch(refuse)
  }
  return (
    <form onSubmit={submit} className="space-y-3 overflow-y-auto p-4">
      <Labelled label="Name" required>
        {(wiring) => (
          <TextInput
            {...wiring}
            required
            autoFocus
            maxLength={100}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Labelled>
      <Labelled label="Role" hint={ROLE_MEANS[role]}>
        {(wiring) => <RoleSelect {...wiring} value={role} onChange={setRole} />}
      </Labelled>
      <FormFoot action="Make it" busy={make.busy} refused={refused} onCancel={onClose} />
    </form>
  )
}
