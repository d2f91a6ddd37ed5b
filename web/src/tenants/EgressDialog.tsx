/** Where the steps of a tenant may connect to: what is opened to it, and what it is bound to. */
import { useState, type SubmitEvent } from 'react'

import { changeTenant, type Egress, type Tenant } from '../api/tenants'
import { Choices, Option } from '../ui/Choices'
import { Dialog } from '../ui/Dialog'
import { FormFoot } from '../ui/FormFoot'
import { Labelled, TextArea } from '../ui/inputs'
import { useMutate } from '../ui/useMutate'
import { linesIn } from './lines'

export function EgressDialog({ tenant, onClose }: { tenant: Tenant | null; onClose: () => void }) {
  return (
    <Dialog
      open={tenant !== null}
      onOpenChange={onClose}
      title={`Connections of ${tenant?.name ?? ''}`}
      description="Addresses inside of your network are closed to every step unless they are opened here."
    >
      {tenant && <Draft tenant={tenant} onClose={onClose} />}
    </Dialog>
  )
}

function Draft({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const [reach, setReach] = useState(tenant.egress.only === null ? 'any' : 'only')
  const [only, setOnly] = useState((tenant.egress.only ?? []).join('\n'))
  const [also, setAlso] = useState(tenant.egress.also.join('\n'))
  const [refused, refuse] = useState<unknown>(null)
  const save = useMutate({
    run: (egress: Egress) => changeTenant(tenant.id, { egress }),
    keys: [['tenants']],
    done: () => `Changed the connections of ${tenant.name}`,
    onDone: onClose,
  })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    refuse(null)
    save.startAsync({ also: linesIn(also), only: reach === 'any' ? null : linesIn(only) }).catch(refuse)
  }
  return (
    <form onSubmit={submit} className="space-y-3 overflow-y-auto p-4">
      <Choices legend="It may reach" value={reach} onChange={setReach}>
        <Option value="any" label="Any host that is open">
          Every public address, and what is opened below.
        </Option>
        <Option value="only" label="Only these hosts">
          Everything else is refused, public addresses too.
        </Option>
      </Choices>
      {reach === 'only' && (
        <Labelled
          label="Hosts"
          hint="One a line: api.example.com, *.example.com, 203.0.113.0/24. None: it reaches nothing."
        >
          {(wiring) => (
            <TextArea
              {...wiring}
              code
              spellCheck={false}
              value={only}
              onChange={(event) => setOnly(event.target.value)}
            />
          )}
        </Labelled>
      )}
      <Labelled label="Private networks opened to it" hint="One a line: 10.1.2.0/24, 10.0.0.5.">
        {(wiring) => (
          <TextArea
            {...wiring}
            code
            rows={3}
            spellCheck={false}
            value={also}
            onChange={(event) => setAlso(event.target.value)}
          />
        )}
      </Labelled>
      <FormFoot action="Save" busy={save.busy} refused={refused} onCancel={onClose} />
    </form>
  )
}
