/** Makes a tenant or changes one: name, share, limit, attributes. */
import { useState, type SubmitEvent } from 'react'

import { changeTenant, makeTenant, type Tenant, type TenantDraft } from '../api/tenants'
import { SESSION_KEY } from '../api/session'
import type { Json } from '../api/types'
import { isObject } from '../forms/place'
import { JsonEditor } from '../ui/code/JsonEditor'
import { Dialog } from '../ui/Dialog'
import { FormFoot } from '../ui/FormFoot'
import { Labelled, NumberInput, TextInput } from '../ui/inputs'
import { useMutate } from '../ui/useMutate'

interface Props {
  open: boolean
  /** Null: a new one. */
  tenant: Tenant | null
  onClose: () => void
}

export function TenantDialog({ open, tenant, onClose }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onClose}
      title={tenant ? `Change ${tenant.name}` : 'New tenant'}
      description="A tenant has its own workflows, people and secrets, apart from all others."
    >
      <Draft tenant={tenant} onClose={onClose} />
    </Dialog>
  )
}

function Draft({ tenant, onClose }: Omit<Props, 'open'>) {
  const [name, setName] = useState(tenant?.name ?? '')
  const [weight, setWeight] = useState<number | null>(tenant?.weight ?? 1)
  const [most, setMost] = useState<number | null>(tenant?.max_running ?? null)
  const [attributes, setAttributes] = useState<Json | undefined>(tenant?.attributes ?? {})
  const [refused, refuse] = useState<unknown>(null)
  const save = useMutate({
    run: (draft: TenantDraft) => (tenant ? changeTenant(tenant.id, draft) : makeTenant(draft)),
    keys: [['tenants'], SESSION_KEY],
    done: (made) => (tenant ? `Changed ${made.name}` : `Made ${made.name}`),
    onDone: onClose,
  })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    refuse(null)
    const draft = {
      name: name.trim(),
      weight: weight ?? 1,
      max_running: most,
      attributes: isObject(attributes) ? attributes : {},
    }
    save.startAsync(draft).catch(refuse)
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
      <div className="grid gap-3 sm:grid-cols-2">
        <Labelled label="Share" hint="Beside other tenants, where all want more than there is.">
          {(wiring) => (
            <NumberInput {...wiring} min={0.01} max={1000} step="any" value={weight} onChange={setWeight} />
          )}
        </Labelled>
        <Labelled label="Most running jobs" hint="Over all queues. Empty: no limit.">
          {(wiring) => (
            <NumberInput
              {...wiring}
              min={1}
              step={1}
              value={most}
              onChange={setMost}
              placeholder="no limit"
            />
          )}
        </Labelled>
      </div>
      <div className="space-y-1">
        <span className="text-xs font-medium text-ink-soft">Attributes</span>
        <JsonEditor
          label="Attributes"
          value={attributes}
          optional
          className="max-h-48 [&_.cm-content]:min-h-16"
          onChange={setAttributes}
        />
        <p className="text-xs text-ink-faint">An object of your own, which its workflows can read.</p>
      </div>
      <FormFoot
        action={tenant ? 'Save' : 'Make the tenant'}
        busy={save.busy}
        disabled={attributes !== undefined && !isObject(attributes)}
        refused={refused}
        onCancel={onClose}
      />
    </form>
  )
}
