/** Who this run is: workflow, state, version, trigger, times, where it comes from, correlation id. */
import { Link } from '@tanstack/react-router'

import type { Run } from '../api/types'
import { Ago, Took } from '../ui/Ago'
import { CopyButton } from '../ui/CopyButton'
import { shortId } from '../ui/format'
import { StateBadge } from '../ui/StateBadge'
import { VersionTag } from '../workflows/labels'
import { TriggerIcon } from '../workflows/TriggerKinds'
import { Fact } from './Fact'
import { Lineage } from './Lineage'
import { TestTag } from './TestTag'
import { triggerOf } from './trigger'
import { useRunDefinition } from './useRun'

export function RunHeading({ run }: { run: Run }) {
  const trigger = triggerOf(run.trigger)
  const title = useRunDefinition(run)?.title
  return (
    <div className="space-y-1.5">
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="text-base font-semibold tracking-tight">
          <Link to="/workflows/$name" params={{ name: run.workflow }} className="rounded hover:text-accent">
            {title || run.workflow}
          </Link>
        </h1>
        {title && <span className="font-mono text-xs text-ink-faint">{run.workflow}</span>}
        {run.test ? <TestTag /> : <VersionTag version={run.version} />}
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
        <Lineage run={run} />
        {run.correlation_id && (
          <Fact name="Correlation">
            <Id value={run.correlation_id} label="Copy the correlation id" />
          </Fact>
        )}
      </dl>
    </div>
  )
}

function Id({ value, label }: { value: string; label: string }) {
  return (
    <>
      <span title={value} className="font-mono whitespace-nowrap">
        {shortId(value)}
      </span>
      <CopyButton text={value} label={label} />
    </>
  )
}
