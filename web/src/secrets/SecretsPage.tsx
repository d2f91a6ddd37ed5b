/** Secrets and connections. What is confidential goes in and never comes out: it can be tried, replaced or deleted. */
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'

import { Allowed } from '../access/Allowed'
import { deleteSecret, secretsQuery, type Secret } from '../api/secrets'
import { Button } from '../ui/Button'
import { Confirm } from '../ui/Confirm'
import { Listing } from '../ui/Listing'
import { Page, Panel } from '../ui/Page'
import { Empty } from '../ui/states'
import { Table, type Column } from '../ui/Table'
import { useToast } from '../ui/Toasts'
import { SecretDialog } from './SecretDialog'
import { SecretRow } from './SecretRow'

const COLUMNS: readonly Column[] = [
  { key: 'name', title: 'Name' },
  { key: 'type', title: 'Type', width: '130px' },
  { key: 'bound', title: 'Goes' },
  { key: 'made', title: 'Made', width: '110px' },
  { key: 'replaced', title: 'Last set', width: '110px' },
  { key: 'actions', title: '', label: 'Actions', width: '220px' },
]

/** What a dialog is open for: a new secret, or another content of one. */
type Setting = { secret: Secret | null } | null

export function SecretsPage() {
  const list = useInfiniteQuery(secretsQuery())
  const [setting, set] = useState<Setting>(null)
  const [deleting, remove] = useState<string | null>(null)
  const known = list.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Page
      title="Secrets"
      actions={
        <Allowed area="secrets" role="editor">
          <Button look="primary" onClick={() => set({ secret: null })}>
            <Plus size={14} aria-hidden /> New secret
          </Button>
        </Allowed>
      }
    >
      <Panel>
        <Listing query={list} empty={<NoSecret />}>
          {(secrets) => (
            <Table label="Secrets" columns={COLUMNS}>
              {secrets.map((secret) => (
                <SecretRow
                  key={secret.name}
                  secret={secret}
                  onSet={() => set({ secret })}
                  onDelete={() => remove(secret.name)}
                />
              ))}
            </Table>
          )}
        </Listing>
      </Panel>
      <SecretDialog
        open={setting !== null}
        onOpenChange={() => set(null)}
        secret={setting?.secret ?? null}
        taken={known.map(({ name }) => name)}
      />
      <DeleteSecret name={deleting} onClose={() => remove(null)} />
    </Page>
  )
}

function DeleteSecret({ name, onClose }: { name: string | null; onClose: () => void }) {
  const client = useQueryClient()
  const toast = useToast()
  const remove = async () => {
    if (name === null) return
    await deleteSecret(name)
    toast.done(`Deleted ${name}`)
    await client.invalidateQueries({ queryKey: ['secrets'] })
  }
  return (
    <Confirm
      open={name !== null}
      onOpenChange={onClose}
      danger
      title={`Delete ${name ?? ''}?`}
      description="What still names it can’t be checked or sent from now on: webhooks signed with it are refused."
      action="Delete"
      onConfirm={remove}
    />
  )
}

function NoSecret() {
  return (
    <Empty title="No secret yet" Icon={KeyRound}>
      <p>
        Signatures of webhooks, passwords and tokens of nodes, and connections to other systems are named here
        and filled in where they are used. Nobody gets a value back.
      </p>
    </Empty>
  )
}
