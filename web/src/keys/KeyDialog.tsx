/** Makes a key: its name, its role, what it is narrowed to, and how long it is good. */
import { useQuery } from '@tanstack/react-query'
import { useState, type SubmitEvent } from 'react'

import { ROLE_MEANS } from '../access/rights'
import { RoleSelect } from '../access/RoleSelect'
import { useSession } from '../access/useCan'
import { makeKey, scopesQuery, type KeyDraft, type NewKey, type ServiceAccount } from '../api/keys'
import type { RoleName } from '../api/session'
import { Dialog } from '../ui/Dialog'
import { FormFoot } from '../ui/FormFoot'
import { Labelled, SelectInput, TextInput } from '../ui/inputs'
import { Switch } from '../ui/Switch'
import { useMutate } from '../ui/useMutate'
import { ScopePicker } from './ScopePicker'
import { scopesOf, type Extents } from './scopes'

const LASTS = [
  { value: '30d', label: '30 days' },
  { value: '90d', label: '90 days' },
  { value: '365d', label: 'A year' },
  { value: '', label: 'It doesn’t expire' },
]

interface Props {
  open: boolean
  /** The service account that it is for. */
  account: string | null
  accounts: readonly ServiceAccount[]
  onClose: () => void
  onMade: (made: NewKey) => void
}

export function KeyDialog({ open, onClose, ...rest }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onClose}
      title="New API key"
      description="A key acts in this tenant, as far as its role and its areas go."
    >
      <Draft {...rest} onClose={onClose} />
    </Dialog>
  )
}

function Draft({ account: given, accounts, onClose, onMade }: Omit<Props, 'open'>) {
  const [name, setName] = useState('')
  const [account, setAccount] = useState(given ?? '')
  const [role, setRole] = useState<RoleName>(accounts.find(({ id }) => id === given)?.role ?? 'operator')
  const [narrowed, narrow] = useState(false)
  const [extents, setExtents] = useState<Extents>({})
  const [instance, setInstance] = useState(false)
  const mayInstance = useSession()?.instance_admin === true && account === ''
  const [lasts, setLasts] = useState('90d')
  const [refused, refuse] = useState<unknown>(null)
  const known = useQuery(scopesQuery())
  const scopes = scopesOf(extents, known.data ?? [])
  const make = useMutate({
    run: (draft: KeyDraft) => makeKey(draft),
    keys: [['keys']],
    toldInForm: true,
    onDone: (made) => {
      onClose()
      onMade(made)
    },
  })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    refuse(null)
    make
      .startAsync({
        name: name.trim(),
        role,
        ...(account && { service_account: account }),
        ...(narrowed && { scopes }),
        ...(mayInstance && { instance_admin: instance }),
        ...(lasts && { expires_in: lasts }),
      })
      .catch(refuse)
  }
  return (
    <form onSubmit={submit} className="space-y-3 overflow-y-auto p-4">
      <Labelled label="Name" required hint="What uses it, such as deploys of the shop.">
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
      {accounts.length > 0 && <AccountField accounts={accounts} value={account} onChange={setAccount} />}
      <div className="grid gap-3 sm:grid-cols-2">
        <Labelled label="Role" hint={ROLE_MEANS[role]}>
          {(wiring) => <RoleSelect {...wiring} value={role} onChange={setRole} />}
        </Labelled>
        <Labelled label="Good for">
          {(wiring) => (
            <SelectInput {...wiring} value={lasts} onChange={({ target }) => setLasts(target.value)}>
              {LASTS.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </SelectInput>
          )}
        </Labelled>
      </div>
      {mayInstance && <InstanceField checked={instance} onChange={setInstance} />}
      <Switch label="Only for certain areas" checked={narrowed} onChange={narrow} />
      {narrowed && <ScopePicker known={known} extents={extents} onChange={setExtents} />}
      <FormFoot
        action="Make the key"
        busy={make.busy}
        disabled={narrowed && scopes.length === 0}
        refused={refused}
        onCancel={onClose}
      />
    </form>
  )
}

function InstanceField(props: { checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <div className="space-y-1">
      <Switch label="Admin of the instance" {...props} />
      <p className="text-xs text-ink-faint">Tenants, workers, settings of queues and metrics too.</p>
    </div>
  )
}

interface AccountProps {
  accounts: readonly ServiceAccount[]
  value: string
  onChange: (id: string) => void
}

function AccountField({ accounts, value, onChange }: AccountProps) {
  return (
    <Labelled label="Service account">
      {(wiring) => (
        <SelectInput {...wiring} value={value} onChange={({ target }) => onChange(target.value)}>
          <option value="">none</option>
          {accounts.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectInput>
      )}
    </Labelled>
  )
}
