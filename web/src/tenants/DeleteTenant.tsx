/** The end of a tenant: its name is typed to mean it, and until the grace is over it can be taken back. */
import { useState } from 'react'

import { deleteTenant, type Tenant } from '../api/tenants'
import { SESSION_KEY } from '../api/session'
import { Confirm } from '../ui/Confirm'
import { Labelled, SelectInput, TextInput } from '../ui/inputs'
import { useMutate } from '../ui/useMutate'

const GRACES = [
  { value: '1d', label: 'A day' },
  { value: '7d', label: 'A week' },
  { value: '30d', label: '30 days' },
]

export function DeleteTenant({ tenant, onClose }: { tenant: Tenant | null; onClose: () => void }) {
  const [grace, setGrace] = useState('7d')
  const [typed, type] = useState('')
  const name = tenant?.name ?? ''
  const close = () => {
    type('')
    onClose()
  }
  const remove = useMutate({
    run: (id: string) => deleteTenant(id, grace),
    keys: [['tenants'], SESSION_KEY],
    done: () => `${name} is suspended, and will be deleted`,
  })
  return (
    <Confirm
      open={tenant !== null}
      onOpenChange={close}
      danger
      disabled={typed.trim() !== name}
      title={`Delete ${name}?`}
      description="It is suspended at once. When the grace is over, all of it goes for good: workflows, runs, secrets, people’s membership, its audit log. Until then it can be resumed."
      action="Delete the tenant"
      onConfirm={() => (tenant ? remove.startAsync(tenant.id) : Promise.resolve())}
    >
      <Labelled label="Grace">
        {(wiring) => (
          <SelectInput {...wiring} value={grace} onChange={({ target }) => setGrace(target.value)}>
            {GRACES.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </SelectInput>
        )}
      </Labelled>
      <Labelled label={`Type its name: ${name}`}>
        {(wiring) => (
          <TextInput
            {...wiring}
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => type(event.target.value)}
          />
        )}
      </Labelled>
    </Confirm>
  )
}
