/** One workflow in the list. The row is its link, its menu stands beside; on narrow screens the details fold under the name. */
import { Link } from '@tanstack/react-router'

import type { Run, Workflow } from '../api/types'
import { Ago } from '../ui/Ago'
import { StateBadge } from '../ui/StateBadge'
import { tagsOf } from './filter'
import { Off, VersionTag } from './labels'
import { RecentDots } from './RecentDots'
import { titleOf } from './title'
import { TriggerKinds } from './TriggerKinds'
import { WorkflowActions } from './WorkflowActions'

interface Props {
  workflow: Workflow
  recent: Run[] | undefined
  /** Of all workflows: a copy gets another. */
  names: readonly string[]
}

export function WorkflowRow({ workflow, recent, names }: Props) {
  const title = titleOf(workflow)
  const last = recent?.[0]
  return (
    <li className="flex items-center hover:bg-raised">
      <Link
        to="/workflows/$name"
        params={{ name: workflow.name }}
        className="flex min-w-0 flex-1 flex-wrap items-center gap-x-5 gap-y-1.5 py-2.5 pr-2 pl-4 focus-visible:-outline-offset-2"
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
        <TagList tags={tagsOf(workflow)} />
        <span className="flex sm:w-36">
          <TriggerKinds triggers={workflow.triggers} />
        </span>
        <span className="ml-auto flex items-center gap-4 sm:w-[19rem] sm:justify-end">
          <RecentDots runs={recent ?? []} />
          <LastRun run={last} known={recent !== undefined} />
        </span>
      </Link>
      <span className="pr-2">
        <WorkflowActions workflow={workflow} taken={names} />
      </span>
    </li>
  )
}

function TagList({ tags }: { tags: readonly string[] }) {
  if (tags.length === 0) return null
  return (
    <span className="hidden max-w-56 flex-wrap gap-1 lg:flex">
      {tags.slice(0, 4).map((tag) => (
        <span
          key={tag}
          className="max-w-32 truncate rounded-full border border-line px-1.5 text-[11px] leading-4 text-ink-faint"
        >
          {tag}
        </span>
      ))}
    </span>
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
