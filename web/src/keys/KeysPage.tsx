/** API keys, and the service accounts that may hold them. A key's secret is shown once, when it is made. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Bot, KeySquare, Plus } from 'lucide-react'
import { useState } from 'react'

import { Allowed } from '../access/Allowed'
import { keysQuery, serviceAccountsQuery, type NewKey } from '../api/keys'
import { Button } from '../ui/Button'
import { Listing } from '../ui/Listing'
import { Page, Panel } from '../ui/Page'
import { ShownOnce } from '../ui/ShownOnce'
import { Command, Empty } from '../ui/states'
import { Table, type Column } from '../ui/Table'
import { AccountDialog } from './AccountDialog'
import { AccountRow } from './AccountRow'
import { KeyDialog } from './KeyDialog'
import { KeyRow } from './KeyRow'

const KEY_COLUMNS: readonly Column[] = [
  { key: 'name', title: 'Key' },
  { key: 'role', title: 'Role', width: '100px' },
  { key: 'scopes', title: 'May' },
  { key: 'used', title: 'Last used', width: '140px' },
  { key: 'expires', title: 'Expires', width: '110px' },
  { key: 'made', title: 'Made', width: '110px' },
  { key: 'actions', title: '', label: 'Actions', width: '110px' },
]

const ACCOUNT_COLUMNS: readonly Column[] = [
  { key: 'name', title: 'Service account' },
  { key: 'role', title: 'Role', width: '130px' },
  { key: 'keys', title: 'Keys', width: '90px' },
  { key: 'made', title: 'Made', width: '110px' },
  { key: 'actions', title: '', label: 'Actions', width: '190px' },
]

type Asked = { does: 'key'; account: string | null } | { does: 'account' } | null

export function KeysPage() {
  const keys = useInfiniteQuery(keysQuery())
  const accounts = useInfiniteQuery(serviceAccountsQuery())
  const [asked, ask] = useState<Asked>(null)
  const [made, setMade] = useState<NewKey | null>(null)
  const known = accounts.data?.pages.flatMap(({ items }) => items) ?? []
  const good = (keys.data?.pages.flatMap(({ items }) => items) ?? []).filter((key) => key.revoked_at === null)
  return (
    <Page
      title="API keys"
      actions={
        <>
          <Allowed area="service-accounts" role="admin">
            <Button onClick={() => ask({ does: 'account' })}>
              <Bot size={14} aria-hidden /> New service account
            </Button>
          </Allowed>
          <Allowed area="keys" role="admin">
            <Button look="primary" onClick={() => ask({ does: 'key', account: null })}>
              <Plus size={14} aria-hidden /> New key
            </Button>
          </Allowed>
        </>
      }
    >
      <Panel>
        <Listing query={keys} empty={<NoKey />}>
          {(items) => (
            <Table label="API keys" columns={KEY_COLUMNS}>
              {items.map((key) => (
                <KeyRow key={key.id} apiKey={key} accounts={known} />
              ))}
            </Table>
          )}
        </Listing>
      </Panel>
      <Panel title="Service accounts">
        <Listing query={accounts} empty={<NoAccount />}>
          {(items) => (
            <Table label="Service accounts" columns={ACCOUNT_COLUMNS}>
              {items.map((account) => (
                <AccountRow
                  key={account.id}
                  account={account}
                  keys={good.filter((key) => key.service_account === account.id).length}
                  onKey={() => ask({ does: 'key', account: account.id })}
                />
              ))}
            </Table>
          )}
        </Listing>
      </Panel>
      <KeyDialog
        open={asked?.does === 'key'}
        account={asked?.does === 'key' ? asked.account : null}
        accounts={known}
        onClose={() => ask(null)}
        onMade={setMade}
      />
      <AccountDialog open={asked?.does === 'account'} onClose={() => ask(null)} />
      {made && <MadeKey made={made} onClose={() => setMade(null)} />}
    </Page>
  )
}

function MadeKey({ made, onClose }: { made: NewKey; onClose: () => void }) {
  return (
    <ShownOnce
      title={`The key ${made.name}`}
      description="It isn’t shown again; a lost one is revoked and made anew."
      label="the key"
      value={made.key}
      onClose={onClose}
    >
      <div className="space-y-1 text-ink-soft">
        <p>Programs send it with each request:</p>
        <Command>{'Authorization: Bearer hf_…'}</Command>
      </div>
    </ShownOnce>
  )
}

function NoKey() {
  return (
    <Empty title="No key yet" Icon={KeySquare}>
      <p>Programs and the command line come in with a key. Give each its own, and no more than it needs.</p>
    </Empty>
  )
}

function NoAccount() {
  return (
    <Empty title="No service account" Icon={Bot}>
      <p>
        A service account holds the keys of one program: its role bounds them, and deleting it ends them all.
      </p>
    </Empty>
  )
}
