/** One secret: what it is, where it may go, and what can be done with it. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { Cable, KeyRound, PlugZap, RefreshCw, Trash2 } from 'lucide-react'

import { useCan } from '../access/useCan'
import { asProblem } from '../api/http'
import { connectionTypesQuery, TEXT, trySecret, type Secret } from '../api/secrets'
import { Ago } from '../ui/Ago'
import { Button } from '../ui/Button'
import { CopyButton } from '../ui/CopyButton'
import { Cell, Row } from '../ui/Table'
import { boundWords } from './draft'

interface Props {
  secret: Secret
  onSet: () => void
  onDelete: () => void
}

export function SecretRow({ secret, onSet, onDelete }: Props) {
  const { name, type, description } = secret
  const mayChange = useCan('secrets', 'editor')
  const types = useQuery(connectionTypesQuery())
  const tried = useMutation({ mutationFn: () => trySecret(name) })
  const connection = type !== TEXT
  const Icon = connection ? Cable : KeyRound
  return (
    <Row>
      <Cell>
        <span className="inline-flex items-center gap-1.5">
          <Icon size={13} aria-hidden className="shrink-0 text-ink-faint" />
          <code className="font-mono text-xs font-medium break-all">{name}</code>
          <CopyButton text={name} label={`Copy the name ${name}`} />
        </span>
        {description && <span className="block text-xs break-words text-ink-soft">{description}</span>}
        <Outcome tried={tried} />
      </Cell>
      <Cell className="text-ink-soft">
        {connection ? (types.data?.find((each) => each.id === type)?.title ?? type) : 'Text'}
      </Cell>
      <Cell className="text-xs break-words text-ink-soft">
        {boundWords(secret) ?? <span className="text-ink-faint">wherever it is sent</span>}
      </Cell>
      <Cell className="text-ink-soft">
        <Ago at={secret.created_at} />
      </Cell>
      <Cell className="text-ink-soft">
        <Ago at={secret.updated_at} />
      </Cell>
      <Cell right>
        {mayChange && (
          <span className="inline-flex gap-1">
            {connection && (
              <Button
                look="quiet"
                aria-label={`Test ${name}`}
                busy={tried.isPending}
                onClick={() => tried.mutate()}
              >
                <PlugZap size={13} aria-hidden /> Test
              </Button>
            )}
            <Button look="quiet" aria-label={`Replace ${name}`} onClick={onSet}>
              <RefreshCw size={13} aria-hidden /> Replace
            </Button>
            <Button look="quiet" aria-label={`Delete ${name}`} className="!px-2" onClick={onDelete}>
              <Trash2 size={14} aria-hidden />
            </Button>
          </span>
        )}
      </Cell>
    </Row>
  )
}

interface Trying {
  data: { ok: boolean; detail: string } | undefined
  error: Error | null
}

/** How the last test went, until the next. */
function Outcome({ tried: { data, error } }: { tried: Trying }) {
  if (!data && !error) return null
  const ok = data?.ok ?? false
  const detail = data ? data.detail : asProblem(error).message
  return (
    <span
      role="status"
      data-tone={ok ? 'success' : 'failure'}
      className="block text-xs break-words text-tone"
    >
      {ok ? 'It connects.' : 'It doesn’t connect.'} {detail}
    </span>
  )
}
