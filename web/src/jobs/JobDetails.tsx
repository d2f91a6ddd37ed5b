/** What a job is besides its state: where it belongs, when it is due, its keys and limits. Only what it has is listed. */
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import type { JobRecord } from '../api/jobs'
import { Ago, Took } from '../ui/Ago'
import { CopyButton } from '../ui/CopyButton'
import { shortId } from '../ui/format'

export function JobDetails({ job }: { job: JobRecord }) {
  return (
    <dl className="grid grid-cols-[7.5rem_minmax(0,1fr)] gap-x-3 gap-y-2 px-4 py-3 text-xs">
      <Item name="Queue">
        <Link
          to="/jobs"
          search={{ state: undefined, queue: job.queue }}
          className="rounded text-accent hover:underline"
        >
          {job.queue}
        </Link>
      </Item>
      <Item name="Priority">{job.priority}</Item>
      {job.run && (
        <Item name="Run">
          <Link
            to="/runs/$id"
            params={{ id: job.run }}
            search={{ node: job.node ?? undefined }}
            className="rounded font-mono text-accent hover:underline"
          >
            {shortId(job.run)}
          </Link>
          {job.node && <span className="text-ink-faint"> node {job.node}</span>}
        </Item>
      )}
      <Item name="Inserted">
        <Ago at={job.created_at} />
      </Item>
      <Item name="Due">
        <Ago at={job.run_at} />
      </Item>
      {job.started_at && (
        <Item name="Started">
          <Ago at={job.started_at} />
        </Item>
      )}
      {job.finished_at && (
        <Item name="Finished">
          <Ago at={job.finished_at} />
        </Item>
      )}
      {job.started_at && (job.finished_at ?? job.state === 'RUNNING') && (
        <Item name="Took">
          <Took from={job.started_at} to={job.finished_at} />
        </Item>
      )}
      <Item name="Timeout">{job.timeout}</Item>
      {job.deadline && (
        <Item name="Deadline">
          <Ago at={job.deadline} />
        </Item>
      )}
      <Keys job={job} />
    </dl>
  )
}

function Keys({ job }: { job: JobRecord }) {
  return (
    <>
      {job.tag && <Item name="Tag">{job.tag}</Item>}
      {job.unique_key && <Item name="Unique key">{job.unique_key}</Item>}
      {job.concurrency_key && <Item name="Concurrency key">{job.concurrency_key}</Item>}
      {job.retry.on_lost !== 'retry' && <Item name="When lost">{job.retry.on_lost}</Item>}
      {job.retry.final_errors.length > 0 && (
        <Item name="Never retried">{job.retry.final_errors.join(', ')}</Item>
      )}
      {job.worker && (
        <Item name="Worker">
          <span className="font-mono" title={job.worker}>
            {shortId(job.worker)}
          </span>
        </Item>
      )}
      <Item name="Correlation id">
        <span className="flex items-center gap-1">
          <span className="truncate font-mono" title={job.correlation_id}>
            {job.correlation_id}
          </span>
          <CopyButton text={job.correlation_id} label="Copy the correlation id" />
        </span>
      </Item>
    </>
  )
}

function Item({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-faint">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  )
}
