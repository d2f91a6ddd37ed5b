/** Who this run is: workflow, state, version, trigger, time, correlation id; and the button that cancels it. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Ban } from 'lucide-react'
import type { ReactNode } from 'react'

import { asProblem } from '../api/http'
import { cancelRun } from '../api/queries'
import type { Run } from '../api/types'
import { isEnd } from '../graph/states'
import { Ago, Took } from '../ui/Ago'
import { Button } from '../ui/Button'
import { CopyButton } from '../ui/CopyButton'
import { shortId } from '../ui/format'
import { StateBadge } from '../ui/StateBadge'
import { VersionTag } from '../workflows/labels'
import { TriggerIcon } from '../workflows/TriggerKinds'
import { triggerOf } from './trigger'

export function RunHeading({ run }: { run: Run }) {
  const trigger = triggerOf(run.trigger)
  return (
    <div className="space-y-1.5">
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="text-base font-semibold tracking-tight">
          <Link to="/workflows/$name" params={{ name: run.workflow }} className="rounded hover:text-accent">
            {run.workflow}
          </Link>
        </h1>
        <VersionTag version={run.version} />
        <StateBadge state={run.state} />
      </div>
      <dl className="flex flex-wrap items-center gap-x-5 gap-y-1 text-xs">
        <Fact name="Run">
          <Id value={run.id} label="Copy the run id" />
        </Fact>
        <Fact name="Trigger">
          <TriggerIcon type={trigger.type} />
          {trigger.label}
        </Fact>
        <Fact name="Started">
          <Ago at={run.started_at ?? run.created_at} />
        </Fact>
        <Fact name="Took">
          <Took from={run.started_at} to={run.finished_at} />
        </Fact>
        {run.parent && (
          <Fact name="Parent">
            <Link
              to="/runs/$id"
              params={{ id: run.parent }}
              className="rounded font-mono text-accent hover:underline"
            >
              {shortId(run.parent)}
            </Link>
          </Fact>
        )}
        {run.correlation_id && (
          <Fact name="Correlation">
            <Id value={run.correlation_id} label="Copy the correlation id" />
          </Fact>
        )}
      </dl>
    </div>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex items-center gap-1.5">
      <dt className="text-ink-faint">{name}</dt>
      <dd className="flex items-center gap-1 text-ink">{children}</dd>
    </div>
  )
}

function Id({ value, label }: { value: string; label: string }) {
  return (
    <>
      <span title={value} className="font-mono">
        {shortId(value)}
      </span>
      <CopyButton text={value} label={label} />
    </>
  )
}

export function CancelButton({ run }: { run: Run }) {
  const client = useQueryClient()
  const cancel = useMutation({
    mutationFn: () => cancelRun(run.id),
    onSettled: () => client.invalidateQueries({ queryKey: ['run', run.id] }),
  })
  if (isEnd(run.state)) return null
  return (
    <>
      {cancel.isError && (
        <span role="alert" className="text-xs text-[var(--failure-text)]">
          {asProblem(cancel.error).message}
        </span>
      )}
      <Button look="danger" busy={cancel.isPending} onClick={() => cancel.mutate()}>
        <Ban size={13} aria-hidden /> Cancel run
      </Button>
    </>
  )
}
