/** Secrets by name and date. A value goes in and never comes out: it can be replaced or deleted. */
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus, RefreshCw, Trash2 } from 'lucide-react'
import { useState } from 'react'

import { deleteSecret, secretsQuery, type Secret } from '../api/secrets'
import { Ago } from '../ui/Ago'
import { Button } from '../ui/Button'
import { Confirm } from '../ui/Confirm'
import { CopyButton } from '../ui/CopyButton'
import { LoadMore } from '../ui/LoadMore'
import { Page, Panel } from '../ui/Page'
import { Empty, ErrorState, Skeleton } from '../ui/states'
import { Cell, Row, Table, type Column } from '../ui/Table'
import { useToast } from '../ui/Toasts'
import { SecretDialog } from './SecretDialog'

const COLUMNS: readonly Column[] = [
  { key: 'name', title: 'Name' },
  { key: 'made', title: 'Made', width: '140px' },
  { key: 'replaced', title: 'Last set', width: '140px' },
  { key: 'actions', title: '', label: 'Actions', width: '200px' },
]

/** What a dialog is open for: a new secret, or the value of one. */
type Setting = { name: string | null } | null

export function SecretsPage() {
  const list = useInfiniteQuery(secretsQuery())
  const [setting, set] = useState<Setting>(null)
  const [deleting, remove] = useState<string | null>(null)
  const secrets = list.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Page
      title="Secrets"
      actions={
        <Button look="primary" onClick={() => set({ name: null })}>
          <Plus size={14} aria-hidden /> New secret
        </Button>
      }
    >
      <Panel>
        {list.isPending ? (
          <Skeleton />
        ) : list.isLoadingError ? (
          <ErrorState error={list.error} retry={() => void list.refetch()} />
        ) : secrets.length === 0 ? (
          <NoSecret />
        ) : (
          <Table label="Secrets" columns={COLUMNS}>
            {secrets.map((secret) => (
              <SecretRow
                key={secret.name}
                secret={secret}
                onSet={() => set({ name: secret.name })}
                onDelete={() => remove(secret.name)}
              />
            ))}
          </Table>
        )}
        <LoadMore query={list} />
      </Panel>
      <SecretDialog
        open={setting !== null}
        onOpenChange={() => set(null)}
        name={setting?.name ?? null}
        taken={secrets.map(({ name }) => name)}
      />
      <DeleteSecret name={deleting} onClose={() => remove(null)} />
    </Page>
  )
}

interface RowProps {
  secret: Secret
  onSet: () => void
  onDelete: () => void
}

function SecretRow({ secret, onSet, onDelete }: RowProps) {
  const { name } = secret
  return (
    <Row>
      <Cell>
        <span className="inline-flex items-center gap-1.5">
          <KeyRound size={13} aria-hidden className="text-ink-faint" />
          <code className="font-mono text-xs font-medium break-all">{name}</code>
          <CopyButton text={name} label={`Copy the name ${name}`} />
        </span>
      </Cell>
      <Cell className="text-ink-soft">
        <Ago at={secret.created_at} />
      </Cell>
      <Cell className="text-ink-soft">
        <Ago at={secret.updated_at} />
      </Cell>
      <Cell right>
        <span className="inline-flex gap-1">
          <Button look="quiet" aria-label={`Replace the value of ${name}`} onClick={onSet}>
            <RefreshCw size={13} aria-hidden /> Replace
          </Button>
          <Button look="quiet" aria-label={`Delete ${name}`} className="!px-2" onClick={onDelete}>
            <Trash2 size={14} aria-hidden />
          </Button>
        </span>
      </Cell>
    </Row>
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
        Signatures of webhooks, passwords and tokens of nodes are named here and filled in where they are
        used. Nobody gets a value back.
      </p>
    </Empty>
  )
}
