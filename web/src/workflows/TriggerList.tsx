/** A workflow's triggers as the server has them: address or next time, paused or not; pause, resume, renew. */
import { useQuery } from '@tanstack/react-query'
import { Pause, Play, RefreshCw } from 'lucide-react'
import { useState } from 'react'

import { useCan } from '../access/useCan'
import type { Json, Workflow } from '../api/types'
import { changeTrigger, triggersQuery, type TriggerRow } from '../api/workflows'
import { Ago } from '../ui/Ago'
import { Confirm } from '../ui/Confirm'
import { CopyButton } from '../ui/CopyButton'
import { Menu, MenuItem } from '../ui/Menu'
import { ErrorState, Skeleton } from '../ui/states'
import { useMutate } from '../ui/useMutate'
import { Dots } from './Dots'
import { TriggerIcon } from './TriggerKinds'

const KEYS = [['workflows'], ['schedules']] as const

export function TriggerList({ workflow }: { workflow: Workflow }) {
  const triggers = useQuery(triggersQuery(workflow.name))
  if (triggers.isPending) return <Skeleton rows={2} />
  if (triggers.isLoadingError) {
    return <ErrorState error={triggers.error} retry={() => void triggers.refetch()} />
  }
  // Those of earlier versions stay rows, but no longer belong to it.
  const declared = new Set(workflow.triggers.map(({ id }) => id))
  const shown = triggers.data.items.filter(({ id }) => declared.has(id))
  if (shown.length === 0) {
    return <p className="px-4 py-4 text-ink-soft">No trigger: started by hand or by the API.</p>
  }
  return (
    <ul className="divide-y divide-line">
      {shown.map((trigger) => (
        <TriggerItem key={trigger.row} trigger={trigger} />
      ))}
    </ul>
  )
}

function TriggerItem({ trigger }: { trigger: TriggerRow }) {
  const mayChange = useCan('triggers', 'editor')
  const unsigned = trigger.type === 'webhook' && trigger.signed !== true
  return (
    <li className="space-y-1 py-2 pr-2 pl-4">
      <div className="flex min-h-7 flex-wrap items-center gap-x-2">
        <TriggerIcon type={trigger.type} size={14} />
        <span className="font-medium">{trigger.id}</span>
        <span className="text-xs text-ink-faint">{trigger.type}</span>
        <span className="ml-auto flex items-center gap-1.5">
          {trigger.paused && <Tag tone="waiting">paused</Tag>}
          {unsigned && (
            <Tag tone="waiting" title="Anyone who knows the address can start this workflow">
              unsigned
            </Tag>
          )}
          {trigger.type !== 'manual' && mayChange && <TriggerMenu trigger={trigger} />}
        </span>
      </div>
      {trigger.url ? <Address url={trigger.url} /> : <Clock definition={trigger.definition as Fields} />}
      {trigger.next_at != null && !trigger.paused && (
        <p className="text-xs text-ink-soft">
          Next <Ago at={trigger.next_at} />
        </p>
      )}
    </li>
  )
}

type Fields = { [key: string]: Json }

function Tag({ tone, title, children }: { tone: string; title?: string; children: string }) {
  return (
    <span
      data-tone={tone}
      title={title}
      className="rounded-full bg-tone-soft px-2 text-[11px] leading-4 font-medium text-tone"
    >
      {children}
    </span>
  )
}

function TriggerMenu({ trigger }: { trigger: TriggerRow }) {
  const [renewing, askToRenew] = useState(false)
  const { start, startAsync } = useMutate({
    run: (action: 'pause' | 'resume' | 'renew') => changeTrigger(trigger.row, action),
    keys: KEYS,
    done: (_, action) => `${DONE[action]} ${trigger.id}`,
  })
  return (
    <>
      <Menu trigger={<Dots label={`Actions of the trigger ${trigger.id}`} />}>
        <MenuItem
          Icon={trigger.paused ? Play : Pause}
          onSelect={() => start(trigger.paused ? 'resume' : 'pause')}
        >
          {trigger.paused ? 'Resume' : 'Pause'}
        </MenuItem>
        {trigger.type === 'webhook' && (
          <MenuItem Icon={RefreshCw} danger onSelect={() => askToRenew(true)}>
            Renew the address…
          </MenuItem>
        )}
      </Menu>
      <Confirm
        open={renewing}
        onOpenChange={askToRenew}
        title={`Give ${trigger.id} a new address?`}
        description="The old address answers nothing from then on. Tell the new one to all who send to it."
        action="Renew"
        danger
        onConfirm={() => startAsync('renew')}
      />
    </>
  )
}

const DONE = { pause: 'Paused', resume: 'Resumed', renew: 'Gave a new address to' } as const

function Address({ url }: { url: string }) {
  return (
    <div className="flex items-center gap-1 rounded-md border border-line bg-page pl-2">
      <code className="min-w-0 flex-1 truncate py-1 font-mono text-xs" title={url}>
        {url}
      </code>
      <CopyButton text={url} label="Copy the webhook address" />
    </div>
  )
}

function Clock({ definition }: { definition: Fields }) {
  const words = ['cron', 'every', 'at', 'timezone', 'event']
    .map((key) => definition[key])
    .filter((value) => typeof value === 'string')
  if (words.length === 0) return null
  return <code className="block font-mono text-xs text-ink-soft">{words.join(' · ')}</code>
}
