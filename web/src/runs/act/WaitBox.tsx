/** One wait: what is waited for, until when, and the way to end it: a decision, an address to give away, or a signal. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { useCan } from '../../access/useCan'
import { waitsQuery } from '../../api/runs'
import type { Run, Wait } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { Button } from '../../ui/Button'
import { CopyButton } from '../../ui/CopyButton'
import { Approval } from './Approval'
import { SignalForm } from './SignalForm'

interface Props {
  run: Run
  wait: Wait
}

export function WaitBox({ run, wait }: Props) {
  const mayAnswer = useCan('runs', 'operator')
  return (
    <div data-tone="waiting" className="space-y-3 rounded-md border border-tone-mark/60 p-3">
      <Told wait={wait} />
      {wait.kind === 'approval' ? (
        mayAnswer && <Approval run={run.id} wait={wait} />
      ) : (
        <>
          {wait.kind === 'callback' && <Address run={run.id} wait={wait} />}
          {mayAnswer && <Signal run={run.id} wait={wait} />}
        </>
      )}
      {wait.until && (
        <p className="text-xs text-ink-faint">
          Times out <Ago at={wait.until} />
        </p>
      )}
    </div>
  )
}

function Told({ wait }: { wait: Wait }) {
  if (wait.kind === 'approval') {
    return (
      <div>
        <h3 className="font-semibold break-words">{textOf(wait.title) || 'Approve?'}</h3>
        {textOf(wait.message) && (
          <p className="mt-0.5 break-words whitespace-pre-wrap text-ink-soft">{textOf(wait.message)}</p>
        )}
      </div>
    )
  }
  if (wait.kind === 'event') {
    return (
      <div className="space-y-1">
        <h3 className="font-semibold break-words">
          An event <code className="font-mono text-xs">{wait.event}</code>
        </h3>
        {wait.condition && (
          <p className="text-xs text-ink-soft">
            for which <code className="font-mono break-words">{wait.condition}</code>
          </p>
        )}
      </div>
    )
  }
  return <h3 className="font-semibold">{wait.kind === 'callback' ? 'A call of its address' : wait.kind}</h3>
}

/** What a definition filled in may be any value. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The run names what it waits for; only the list of waits has the address. */
function Address({ run, wait }: { run: string; wait: Wait }) {
  const waits = useQuery(waitsQuery(run))
  const url = wait.url ?? waits.data?.find(({ node }) => node === wait.node)?.url
  if (!url) {
    return waits.isPending ? null : (
      <p className="text-xs text-ink-faint">Its address is shown to operators.</p>
    )
  }
  return (
    <div className="flex items-center gap-1 rounded border border-line bg-page px-2 py-1">
      <code aria-label="Callback address" className="min-w-0 flex-1 truncate font-mono text-xs" title={url}>
        {url}
      </code>
      <CopyButton text={url} label="Copy the callback address" />
    </div>
  )
}

function Signal({ run, wait }: { run: string; wait: Wait }) {
  const [open, setOpen] = useState(false)
  if (!open) return <Button onClick={() => setOpen(true)}>Send a signal…</Button>
  return <SignalForm run={run} name={wait.name} onClose={() => setOpen(false)} />
}
