/** One service account: a key for it, and its end, which is that of its keys. */
import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'

import { atLeast } from '../access/rights'
import { useCan, useSession } from '../access/useCan'
import { deleteServiceAccount, type ServiceAccount } from '../api/keys'
import { Ago } from '../ui/Ago'
import { Button } from '../ui/Button'
import { Confirm } from '../ui/Confirm'
import { Cell, Row } from '../ui/Table'
import { useMutate } from '../ui/useMutate'

interface Props {
  account: ServiceAccount
  /** How many keys of it are good. */
  keys: number
  onKey: () => void
}

export function AccountRow({ account, keys, onKey }: Props) {
  const { name, role } = account
  const [open, setOpen] = useState(false)
  const session = useSession()
  const mayKey = useCan('keys', 'admin')
  const mayDelete = useCan('service-accounts', 'admin') && atLeast(session?.role ?? null, role)
  const remove = useMutate({
    run: () => deleteServiceAccount(account.id),
    keys: [['service-accounts'], ['keys']],
    done: () => `Deleted ${name}`,
  })
  return (
    <Row>
      <Cell className="font-medium">{name}</Cell>
      <Cell>{role}</Cell>
      <Cell className="tabular-nums">{keys}</Cell>
      <Cell className="text-ink-soft">
        <Ago at={account.created_at} />
      </Cell>
      <Cell right>
        <span className="inline-flex gap-1">
          {mayKey && (
            <Button look="quiet" aria-label={`New key of ${name}`} onClick={onKey}>
              <Plus size={13} aria-hidden /> New key
            </Button>
          )}
          {mayDelete && (
            <Button
              look="quiet"
              aria-label={`Delete ${name}`}
              className="!px-2"
              onClick={() => setOpen(true)}
            >
              <Trash2 size={14} aria-hidden />
            </Button>
          )}
        </span>
        <Confirm
          open={open}
          onOpenChange={setOpen}
          danger
          title={`Delete ${name}?`}
          description="Its keys are refused from then on."
          action="Delete"
          onConfirm={() => remove.startAsync(undefined)}
        />
      </Cell>
    </Row>
  )
}
