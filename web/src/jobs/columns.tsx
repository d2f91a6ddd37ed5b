/** What the list of jobs shows of each. */
import { Link } from '@tanstack/react-router'
import clsx from 'clsx'

import type { JobRecord } from '../api/jobs'
import { Ago, Took } from '../ui/Ago'
import { shortId } from '../ui/format'
import { StateBadge } from '../ui/StateBadge'
import { useNow } from '../ui/useNow'
import { brief, preview } from './brief'
import type { JobColumn } from './JobTable'

export const JOB_COLUMNS: readonly JobColumn[] = [
  { key: 'state', title: 'State', width: '7.5rem', cell: (job) => <StateBadge state={job.state} /> },
  { key: 'kind', title: 'Kind', width: '15rem', cell: (job) => <KindCell job={job} /> },
  { key: 'about', title: 'About', cell: (job) => <Brief job={job} />, wide: true },
  {
    key: 'queue',
    title: 'Queue',
    width: '9rem',
    wide: true,
    cell: (job) => <span className="text-ink-soft">{job.queue}</span>,
  },
  {
    key: 'attempt',
    title: 'Attempt',
    width: '5rem',
    align: 'right',
    wide: true,
    cell: (job) => <Attempt job={job} />,
  },
  {
    key: 'took',
    title: 'Took',
    width: '6rem',
    align: 'right',
    wide: true,
    cell: (job) => (
      <span className="text-xs text-ink-soft">
        {job.state === 'RUNNING' || job.finished_at ? (
          <Took from={job.started_at} to={job.finished_at} />
        ) : (
          '–'
        )}
      </span>
    ),
  },
  {
    key: 'inserted',
    title: 'Inserted',
    width: '6rem',
    align: 'right',
    cell: (job) => (
      <span className="text-xs text-ink-soft">
        <Ago at={job.created_at} />
      </span>
    ),
  },
]

/** The kind and the end of the id: what one reads out, and the link for those who open it elsewhere. */
export function KindCell({ job }: { job: JobRecord }) {
  return (
    <span className="flex min-w-0 items-baseline gap-2">
      <Link
        to="/jobs/$id"
        params={{ id: job.id }}
        tabIndex={-1}
        title={job.id}
        aria-label={`Job ${shortId(job.id)}, ${job.kind}`}
        className="max-w-44 truncate rounded font-medium hover:underline"
      >
        {job.kind}
      </Link>
      <span className="font-mono text-xs whitespace-nowrap text-ink-faint max-sm:hidden" aria-hidden>
        {shortId(job.id)}
      </span>
      {job.node && (
        <span className="truncate text-xs text-ink-faint" title={`The node ${job.node} of a run`}>
          {job.node}
        </span>
      )}
    </span>
  )
}

/** What happens, or for what went well its payload: jobs of one kind are told apart by it. */
function Brief({ job }: { job: JobRecord }) {
  const text = brief(job, useNow(5_000))
  const bad = job.state === 'DEAD' || job.state === 'FAILED'
  const shown = text || preview(job.payload)
  return (
    <span
      title={shown}
      data-tone={bad ? 'failure' : undefined}
      className={clsx(
        'block max-w-0 min-w-full truncate text-xs',
        bad ? 'text-tone' : text ? 'text-ink-soft' : 'font-mono text-ink-faint',
      )}
    >
      {shown}
    </span>
  )
}

function Attempt({ job }: { job: JobRecord }) {
  if (job.attempt === 0) return <span className="text-xs text-ink-faint">–</span>
  return (
    <span className="text-xs text-ink-soft">
      {job.attempt}
      <span className="text-ink-faint"> / {job.max_attempts}</span>
    </span>
  )
}
