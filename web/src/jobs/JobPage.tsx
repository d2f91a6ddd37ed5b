/** One job: where it stands and why, what was tried, what went in and came out, and what can be done now. */
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'

import { jobRecordQuery, type JobRecord } from '../api/jobs'
import { BACKSTOP } from '../api/useLive'
import { isEnd } from '../graph/states'
import { CopyButton } from '../ui/CopyButton'
import { JsonTree } from '../ui/JsonTree'
import { Page, Panel } from '../ui/Page'
import { StateBadge } from '../ui/StateBadge'
import { ErrorState, Skeleton } from '../ui/states'
import { AttemptList } from './AttemptList'
import { JobActions } from './JobActions'
import { JobDetails } from './JobDetails'
import { JobLogs } from './JobLogs'
import { Transitions } from './Transitions'
import { useJobLive } from './useJobLive'
import { WhyPanel } from './WhyPanel'

/** "next try in 40 s" ages: a job that isn't at its end is read again this often, besides on its events. */
const AGING = 5_000

export function JobPage() {
  const { id } = useParams({ from: '/jobs/$id' })
  const job = useQuery({
    ...jobRecordQuery(id),
    refetchInterval: ({ state }) => (state.data && isEnd(state.data.state) ? BACKSTOP : AGING),
  })
  useJobLive(id)
  if (job.isPending) {
    return (
      <Page title="Job">
        <Panel>
          <Skeleton />
        </Panel>
      </Page>
    )
  }
  if (job.isLoadingError) {
    return (
      <Page title="Job">
        <Panel>
          <ErrorState
            error={job.error}
            retry={() => void job.refetch()}
            back={{ to: '/jobs', label: 'To the jobs' }}
          />
        </Panel>
      </Page>
    )
  }
  return <Shown job={job.data} />
}

function Shown({ job }: { job: JobRecord }) {
  return (
    <Page title={`Job ${job.kind}`} heading={<Heading job={job} />} actions={<JobActions job={job} />}>
      <WhyPanel job={job} />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="flex min-w-0 flex-col gap-4">
          <Panel title="Attempts" aside={<Budget job={job} />}>
            <AttemptList job={job} />
          </Panel>
          <Values job={job} />
          <JobLogs job={job} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Panel title="Details">
            <JobDetails job={job} />
          </Panel>
          <Panel title="History">
            <Transitions transitions={job.transitions ?? []} />
          </Panel>
        </div>
      </div>
    </Page>
  )
}

function Heading({ job }: { job: JobRecord }) {
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1.5">
      <Link
        to="/jobs"
        search={{ state: undefined }}
        aria-label="Back to jobs"
        className="-ml-1.5 rounded p-1 text-ink-faint hover:bg-raised hover:text-ink"
      >
        <ChevronLeft size={16} aria-hidden />
      </Link>
      <h1 className="min-w-0 text-base font-semibold tracking-tight break-words">{job.kind}</h1>
      <StateBadge state={job.state} />
      <span className="flex min-w-0 items-center gap-1 font-mono text-xs text-ink-faint">
        <span className="truncate">{job.id}</span>
        <CopyButton text={job.id} label="Copy the job id" />
      </span>
    </div>
  )
}

function Budget({ job }: { job: JobRecord }) {
  const { strategy, base_delay, max_delay } = job.retry
  const delays = strategy === 'fixed' ? base_delay : `${base_delay} to ${max_delay}`
  return (
    <span className="truncate text-xs text-ink-faint">
      {job.max_attempts === 1 ? 'never retried' : `at most ${job.max_attempts}, ${strategy} ${delays}`}
    </span>
  )
}

function Values({ job }: { job: JobRecord }) {
  return (
    <>
      <ValuePanel title="Payload" value={job.payload} none="Inserted without a payload." />
      {job.state === 'SUCCEEDED' && (
        <ValuePanel title="Result" value={job.result} none="Its handler returned nothing." />
      )}
    </>
  )
}

function ValuePanel({ title, value, none }: { title: string; value: JobRecord['payload']; none: string }) {
  return (
    <Panel title={title}>
      <div className="p-3">
        {value === null ? (
          <p className="px-1 text-xs text-ink-faint">{none}</p>
        ) : (
          <JsonTree value={value} label={title.toLowerCase()} />
        )}
      </div>
    </Panel>
  )
}
