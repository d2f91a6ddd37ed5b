/** One API key: what it may do, when it was used last, and its end. */
import { useState } from 'react'

import { atLeast } from '../access/rights'
import { useCan, useSession } from '../access/useCan'
import { revokeKey, type ApiKey, type ServiceAccount } from '../api/keys'
import { Ago } from '../ui/Ago'
import { Button } from '../ui/Button'
import { Confirm } from '../ui/Confirm'
import { Cell, Row } from '../ui/Table'
import { Tag } from '../ui/Tag'
import { useMutate } from '../ui/useMutate'
import { useNow } from '../ui/useNow'
import { scopeWords } from './scopes'

export function KeyRow({ apiKey, accounts }: { apiKey: ApiKey; accounts: readonly ServiceAccount[] }) {
  const { name, role, scopes } = apiKey
  const now = useNow(5_000)
  const expired = apiKey.expires_at !== null && Date.parse(apiKey.expires_at) <= now
  const over = apiKey.revoked_at !== null || expired
  const account = accounts.find(({ id }) => id === apiKey.service_account)
  const words = scopeWords(scopes)
  return (
    <Row className={over ? 'text-ink-faint' : ''}>
      <Cell>
        <span className="flex min-w-0 flex-col">
          <span className="flex items-center gap-2">
            <span className="font-medium break-words">{name}</span>
            {apiKey.revoked_at !== null && <Tag>revoked</Tag>}
            {apiKey.revoked_at === null && expired && <Tag tone="waiting">expired</Tag>}
          </span>
          {account && <span className="text-xs text-ink-faint">of {account.name}</span>}
        </span>
      </Cell>
      <Cell>
        <span className="flex flex-wrap items-center gap-x-2">
          {role}
          {apiKey.instance_admin && <Tag>instance</Tag>}
        </span>
      </Cell>
      <Cell>
        {words === null ? (
          <span className="text-ink-soft">all that its role may</span>
        ) : (
          <span className="flex flex-wrap gap-1 text-xs">
            {words.map((word) => (
              <span key={word} className="rounded border border-line bg-raised px-1.5 whitespace-nowrap">
                {word}
              </span>
            ))}
          </span>
        )}
      </Cell>
      <Cell className="text-ink-soft">
        {apiKey.used_at === null ? (
          <span className="text-ink-faint">never</span>
        ) : (
          <span className="flex flex-col">
            <Ago at={apiKey.used_at} />
            {apiKey.used_from && <span className="text-xs text-ink-faint">{apiKey.used_from}</span>}
          </span>
        )}
      </Cell>
      <Cell className="text-ink-soft">
        {apiKey.expires_at === null ? (
          <span className="text-ink-faint">never</span>
        ) : (
          <Ago at={apiKey.expires_at} />
        )}
      </Cell>
      <Cell className="text-ink-soft">
        <Ago at={apiKey.created_at} />
      </Cell>
      <Cell right>{!over && <Revoke apiKey={apiKey} />}</Cell>
    </Row>
  )
}

function Revoke({ apiKey }: { apiKey: ApiKey }) {
  const [open, setOpen] = useState(false)
  const session = useSession()
  const mayRevoke = useCan('keys', 'admin') && atLeast(session?.role ?? null, apiKey.role)
  const revoke = useMutate({
    run: () => revokeKey(apiKey.id),
    keys: [['keys']],
    done: () => `Revoked ${apiKey.name}`,
  })
  if (!mayRevoke) return null
  return (
    <>
      <Button look="quiet" aria-label={`Revoke ${apiKey.name}`} onClick={() => setOpen(true)}>
        Revoke…
      </Button>
      <Confirm
        open={open}
        onOpenChange={setOpen}
        danger
        title={`Revoke ${apiKey.name}?`}
        description="Whatever uses it is refused at once. A revoked key doesn’t come back."
        action="Revoke"
        onConfirm={() => revoke.startAsync(undefined)}
      />
    </>
  )
}
