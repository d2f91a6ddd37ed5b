/** The tenant that one is in, and the others that one may go to; nothing where there is only one. */
import { useQueryClient } from '@tanstack/react-query'
import { Building2, ChevronsUpDown } from 'lucide-react'
import { useState } from 'react'

import { change } from '../access/sittings'
import { useSession } from '../access/useCan'
import { switchTenant } from '../api/session'
import { Menu, MenuChoice, MenuTitle } from '../ui/Menu'
import { useToast } from '../ui/Toasts'

export function TenantSwitcher() {
  const session = useSession()
  const client = useQueryClient()
  const toast = useToast()
  const [busy, setBusy] = useState(false)
  if (!session) return null
  const { tenant, tenants } = session
  const here = tenants.some(({ id }) => id === tenant.id)
  if (tenants.length + (here ? 0 : 1) < 2) return null
  const go = (id: string) => {
    if (id === tenant.id) return
    setBusy(true)
    switchTenant(id).then(
      () => change(client),
      (error: unknown) => {
        setBusy(false)
        toast.failed(error)
      },
    )
  }
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          disabled={busy}
          aria-label={`Tenant ${tenant.name}: switch`}
          className="mb-2 flex h-8 items-center gap-2 rounded-md border border-line px-2 text-left font-medium hover:border-line-strong hover:bg-raised disabled:opacity-55"
        >
          <Building2 size={14} aria-hidden className="shrink-0 text-ink-faint" />
          <span className="min-w-0 flex-1 truncate">{tenant.name}</span>
          <ChevronsUpDown size={13} aria-hidden className="shrink-0 text-ink-faint" />
        </button>
      }
    >
      <MenuTitle>Tenants</MenuTitle>
      <MenuChoice
        value={tenant.id}
        onChange={go}
        options={tenants.map(({ id, name, role }) => ({ value: id, label: name, aside: role }))}
      />
    </Menu>
  )
}
