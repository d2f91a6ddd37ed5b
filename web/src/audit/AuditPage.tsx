/** Who did what, newest first: filtered by the address, opened beside the list, taken away as a file, and checked. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Download, ScrollText } from 'lucide-react'
import { useState } from 'react'

import { useSession } from '../access/useCan'
import { auditQuery, exportAddress, type AuditEntry, type AuditFilter } from '../api/audit'
import { Beside } from '../ui/Beside'
import { buttonLook } from '../ui/Button'
import { LoadWhenSeen } from '../ui/LoadWhenSeen'
import { Listing } from '../ui/Listing'
import { Page, Panel } from '../ui/Page'
import { Empty } from '../ui/states'
import { AuditFilters } from './AuditFilters'
import { AuditTable } from './AuditTable'
import { ChainCheck } from './ChainCheck'
import { EntryView } from './EntryView'

export function AuditPage() {
  const { instance, ...asked } = useSearch({ from: '/audit' })
  const navigate = useNavigate({ from: '/audit' })
  const instanceAdmin = useSession()?.instance_admin ?? false
  const filter: AuditFilter = instance && instanceAdmin ? { ...asked, tenant: '' } : asked
  const list = useInfiniteQuery(auditQuery(filter))
  const [opened, open] = useState<AuditEntry | null>(null)
  const filtered = Object.values(asked).some(Boolean)
  return (
    <Page
      title="Audit log"
      actions={
        <>
          <ChainCheck tenant={filter.tenant} />
          <a href={exportAddress(filter)} download className={buttonLook('plain')}>
            <Download size={14} aria-hidden /> Export
          </a>
        </>
      }
    >
      <AuditFilters
        filter={asked}
        instance={instance ?? false}
        offersInstance={instanceAdmin}
        onChange={(change) => {
          open(null)
          void navigate({ search: (before) => ({ ...before, ...change }), replace: true })
        }}
      />
      <div className={opened ? 'grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_24rem]' : ''}>
        <Panel>
          <Listing query={list} empty={<Nothing filtered={filtered} />}>
            {(items) => <AuditTable entries={items} opened={opened?.seq ?? null} onOpen={open} />}
          </Listing>
          <LoadWhenSeen query={list} />
        </Panel>
        {opened && (
          <Beside key={opened.seq}>
            <EntryView entry={opened} onClose={() => open(null)} />
          </Beside>
        )}
      </div>
    </Page>
  )
}

function Nothing({ filtered }: { filtered: boolean }) {
  return (
    <Empty title={filtered ? 'No entry fits' : 'Nothing yet'} Icon={ScrollText}>
      <p>
        {filtered
          ? 'Take a filter away to see more.'
          : 'Whatever is changed here, each sign-in, and each use of a secret leaves an entry.'}
      </p>
    </Empty>
  )
}
