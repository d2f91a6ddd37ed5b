/** One tenant as it stands, with what can be done with it. */
import { Ellipsis, Globe, Pause, Pencil, Play, Trash2, UserPlus } from 'lucide-react'
import { useState } from 'react'

import { resumeTenant, suspendTenant, type Egress, type Tenant } from '../api/tenants'
import { SESSION_KEY } from '../api/session'
import { Ago } from '../ui/Ago'
import { Button } from '../ui/Button'
import { Confirm } from '../ui/Confirm'
import { CopyButton } from '../ui/CopyButton'
import { shortId } from '../ui/format'
import { Menu, MenuItem, MenuLine } from '../ui/Menu'
import { Cell, Row } from '../ui/Table'
import { Tag } from '../ui/Tag'
import { useMutate } from '../ui/useMutate'
import type { Asked } from './TenantsPage'

export function TenantRow({ tenant, ask }: { tenant: Tenant; ask: (does: Asked) => void }) {
  const { id, name, running, max_running: most } = tenant
  return (
    <Row>
      <Cell>
        <span className="flex min-w-0 flex-col">
          <span className="font-medium break-words">{name}</span>
          <span className="flex items-center gap-1 font-mono text-xs text-ink-faint">
            <span title={id}>{shortId(id)}</span>
            <CopyButton text={id} label={`Copy the id of ${name}`} />
          </span>
        </span>
      </Cell>
      <Cell>
        <State tenant={tenant} />
      </Cell>
      <Cell right>
        {running}
        {most !== null && <span className="text-ink-faint"> of {most}</span>}
      </Cell>
      <Cell right>{tenant.weight}</Cell>
      <Cell className="text-ink-soft">{egressWords(tenant.egress)}</Cell>
      <Cell className="text-ink-soft">
        {/* The first tenant was there from the beginning. */}
        <Ago at={Date.parse(tenant.created_at) === 0 ? null : tenant.created_at} />
      </Cell>
      <Cell right>
        <Actions tenant={tenant} ask={ask} />
      </Cell>
    </Row>
  )
}

function State({ tenant }: { tenant: Tenant }) {
  if (tenant.delete_at !== null) {
    return (
      <span className="flex flex-col items-start gap-0.5">
        <Tag tone="failure">to be deleted</Tag>
        <span className="text-xs text-ink-soft">
          <Ago at={tenant.delete_at} />
        </span>
      </span>
    )
  }
  return tenant.suspended_at === null ? <Tag tone="success">active</Tag> : <Tag tone="waiting">suspended</Tag>
}

export function egressWords({ also, only }: Egress): string {
  const reach = only === null ? 'any open host' : only.length === 0 ? 'none' : `only ${only.length}`
  return also.length === 0 ? reach : `${reach}, ${also.length} private`
}

function Actions({ tenant, ask }: { tenant: Tenant; ask: (does: Asked) => void }) {
  const { id, name } = tenant
  const [suspending, suspend] = useState(false)
  const resume = useMutate({
    run: () => resumeTenant(id),
    keys: [['tenants'], SESSION_KEY],
    done: () => `Resumed ${name}`,
  })
  const rest = useMutate({
    run: () => suspendTenant(id),
    keys: [['tenants'], SESSION_KEY],
    done: () => `Suspended ${name}`,
  })
  return (
    <>
      <Menu
        trigger={
          <Button look="quiet" aria-label={`Actions of ${name}`} className="!px-1.5">
            <Ellipsis size={15} aria-hidden />
          </Button>
        }
      >
        <MenuItem Icon={UserPlus} onSelect={() => ask('invite')}>
          Invite somebody…
        </MenuItem>
        <MenuItem Icon={Pencil} onSelect={() => ask('change')}>
          Change…
        </MenuItem>
        <MenuItem Icon={Globe} onSelect={() => ask('egress')}>
          Connections…
        </MenuItem>
        <MenuLine />
        {tenant.suspended_at === null ? (
          <MenuItem Icon={Pause} onSelect={() => suspend(true)}>
            Suspend…
          </MenuItem>
        ) : (
          <MenuItem Icon={Play} onSelect={() => resume.start(undefined)}>
            {tenant.delete_at === null ? 'Resume' : 'Resume, and keep it'}
          </MenuItem>
        )}
        {tenant.delete_at === null && id !== 'default' && (
          <MenuItem Icon={Trash2} danger onSelect={() => ask('delete')}>
            Delete…
          </MenuItem>
        )}
      </Menu>
      <Confirm
        open={suspending}
        onOpenChange={suspend}
        danger
        title={`Suspend ${name}?`}
        description="What runs may end; nothing new is started or fired, webhooks answer 404, and its people and keys are kept out until it is resumed."
        action="Suspend"
        onConfirm={() => rest.startAsync(undefined)}
      />
    </>
  )
}
