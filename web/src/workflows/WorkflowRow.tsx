/** One workflow in the list. The whole row is its link; on narrow screens the details fold under the name. */
import { Link } from '@tanstack/react-router'

import type { Run, Workflow } from '../api/types'
import { Ago } from '../ui/Ago'
import { StateBadge } from '../ui/StateBadge'
import { Off, VersionTag } from './labels'
import { RecentDots } from './RecentDots'
import { titleOf } from './title'
import { TriggerKinds } from './TriggerKinds'

export function WorkflowRow({ workflow, recent }: { workflow: Workflow; recent: Run[] | undefined }) {
  const title = titleOf(workflow)
  const last = recent?.[0]
  return (
    <li>
      <Link
        to="/workflows/$name"
        params={{ name: workflow.name }}
        className="flex flex-wrap items-center gap-x-5 gap-y-1.5 px-4 py-2.5 hover:bg-raised focus-visible:-outline-offset-2"
      >
        <span className="flex min-w-0 flex-[1_1_15rem] flex-col">
          <span className="flex items-center gap-2">
            <span className={`truncate font-medium ${workflow.enabled ? '' : 'text-ink-faint'}`}>
              {title}
            </span>
            <VersionTag version={workflow.version} />
            {!workflow.enabled && <Off />}
          </span>
          {title !== workflow.name && (
            <span className="truncate font-mono text-xs text-ink-faint">{workflow.name}</span>
          )}
        </span>
        <span className="flex sm:w-44">
          <TriggerKinds triggers={workflow.triggers} />
        </span>
        <span className="ml-auto flex items-center gap-4 sm:w-[19rem] sm:justify-end">
          <RecentDots runs={recent ?? []} />
          <LastRun run={last} known={recent !== undefined} />
        </span>
      </Link>
    </li>
  )
}

function LastRun({ run, known }: { run: Run | undefined; known: boolean }) {
  if (!run) return <span className="text-xs text-ink-faint">{known ? 'never run' : ''}</span>
  return (
    <>
      <span className="w-[4.5rem] text-right text-xs text-ink-soft">
        <Ago at={run.started_at ?? run.created_at} />
      </span>
      <span className="w-[6.5rem]">
        <StateBadge state={run.state} />
      </span>
    </>
  )
}
