/** Invites somebody by their address; the link is handed on, this once. */
import { useState, type SubmitEvent } from 'react'

import { ROLE_MEANS } from '../access/rights'
import { RoleSelect } from '../access/RoleSelect'
import { invite } from '../api/people'
import type { RoleName } from '../api/session'
import { Dialog } from '../ui/Dialog'
import { FormFoot } from '../ui/FormFoot'
import { Labelled, TextInput } from '../ui/inputs'
import { useMutate } from '../ui/useMutate'
import type { Handed } from './HandedLink'

interface Props {
  open: boolean
  onOpenChange: (open: boolean) => void
  onMade: (link: Handed) => void
  /** Another tenant than one's own. */
  tenant?: { id: string; name: string } | null
}

export function InviteDialog({ open, onOpenChange, onMade, tenant = null }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={tenant ? `Invite somebody into ${tenant.name}` : 'Invite somebody'}
      description="They come in by a link. Where mail is set up, it is sent to them too."
    >
      <Draft onClose={() => onOpenChange(false)} onMade={onMade} tenant={tenant} />
    </Dialog>
  )
}

interface DraftProps {
  onClose: () => void
  onMade: (link: Handed) => void
  tenant: { id: string; name: string } | null
}

function Draft({ onClose, onMade, tenant }: DraftProps) {
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<RoleName>(tenant ? 'owner' : 'viewer')
  const [refused, refuse] = useState<unknown>(null)
  const send = useMutate({
    run: () => invite({ email: email.trim(), role, ...(tenant && { tenant: tenant.id }) }),
    keys: [['invites']],
    toldInForm: true,
    onDone: (made) => {
      onClose()
      onMade({ ...made, title: 'The invitation', about: `Give this link to ${made.email}.` })
    },
  })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    refuse(null)
    send.startAsync(undefined).catch(refuse)
  }
  return (
    <form onSubmit={submit} className="space-y-3 overflow-y-auto p-4">
      <Labelled label="Email address" required>
        {(wiring) => (
          <TextInput
            {...wiring}
            type="email"
            required
            autoFocus
            autoComplete="off"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Labelled>
      <Labelled label="Role" hint={ROLE_MEANS[role]}>
        {(wiring) => <RoleSelect {...wiring} value={role} onChange={setRole} />}
      </Labelled>
      <FormFoot action="Invite" busy={send.busy} refused={refused} onCancel={onClose} />
    </form>
  )
}
