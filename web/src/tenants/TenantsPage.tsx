/** The tenants of the instance: their share, their limits, where their steps may connect to, and their end. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Building2, Plus } from 'lucide-react'
import { useState } from 'react'

import { Allowed } from '../access/Allowed'
import { tenantsQuery, type Tenant } from '../api/tenants'
import { Button } from '../ui/Button'
import { Listing } from '../ui/Listing'
import { Page, Panel } from '../ui/Page'
import { Empty } from '../ui/states'
import { Table, type Column } from '../ui/Table'
import { HandedLink, type Handed } from '../people/HandedLink'
import { InviteDialog } from '../people/InviteDialog'
import { DeleteTenant } from './DeleteTenant'
import { EgressDialog } from './EgressDialog'
import { TenantDialog } from './TenantDialog'
import { TenantRow } from './TenantRow'

const COLUMNS: readonly Column[] = [
  { key: 'name', title: 'Tenant' },
  { key: 'state', title: 'State', width: '170px' },
  { key: 'running', title: 'Running', width: '110px', align: 'right' },
  { key: 'weight', title: 'Share', width: '80px', align: 'right' },
  { key: 'egress', title: 'Connections', width: '160px' },
  { key: 'made', title: 'Made', width: '110px' },
  { key: 'actions', title: '', label: 'Actions', width: '48px' },
]

export type Asked = 'invite' | 'change' | 'egress' | 'suspend' | 'delete'

export function TenantsPage() {
  const tenants = useInfiniteQuery(tenantsQuery())
  const [making, make] = useState(false)
  const [asked, ask] = useState<{ does: Asked; tenant: Tenant } | null>(null)
  const [link, setLink] = useState<Handed | null>(null)
  const close = () => ask(null)
  const of = (does: Asked) => (asked?.does === does ? asked.tenant : null)
  return (
    <Page
      title="Tenants"
      actions={
        <Allowed area="tenants" role="instance">
          <Button look="primary" onClick={() => make(true)}>
            <Plus size={14} aria-hidden /> New tenant
          </Button>
        </Allowed>
      }
    >
      <Panel>
        <Listing query={tenants} empty={<NoTenant />}>
          {(items) => (
            <Table label="Tenants" columns={COLUMNS}>
              {items.map((tenant) => (
                <TenantRow key={tenant.id} tenant={tenant} ask={(does) => ask({ does, tenant })} />
              ))}
            </Table>
          )}
        </Listing>
      </Panel>
      <TenantDialog
        open={making || of('change') !== null}
        tenant={of('change')}
        onClose={() => {
          make(false)
          close()
        }}
      />
      <InviteDialog
        open={of('invite') !== null}
        onOpenChange={close}
        tenant={of('invite')}
        onMade={setLink}
      />
      {link && <HandedLink link={link} onClose={() => setLink(null)} />}
      <EgressDialog tenant={of('egress')} onClose={close} />
      <DeleteTenant tenant={of('delete')} onClose={close} />
    </Page>
  )
}

function NoTenant() {
  return (
    <Empty title="No tenant" Icon={Building2}>
      <p>A tenant has its own workflows, people and secrets, apart from all others.</p>
    </Empty>
  )
}
