/** What the handler logged, oldest first; of one attempt or all. Read again and again while the job runs. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { jobLogsQuery, type JobRecord, type LogLine } from '../api/jobs'
import type { Json } from '../api/types'
import { Choice } from '../ui/Fields'
import { absolute, clockTime } from '../ui/format'
import { LoadMore } from '../ui/LoadMore'
import { Panel } from '../ui/Page'
import { ErrorState, Skeleton } from '../ui/states'

const WHILE_RUNNING = 2_000
const TONES: Record<string, string> = { warning: 'waiting', error: 'failure', critical: 'failure' }

export function JobLogs({ job }: { job: JobRecord }) {
  const [attempt, setAttempt] = useState('')
  const numbers = [...new Set((job.attempts ?? []).map((each) => each.number))]
  const options = [
    { value: '', label: 'Every attempt' },
    ...numbers.map((number) => ({ value: String(number), label: `Attempt ${number}` })),
  ]
  return (
    <Panel
      title="Logs"
      aside={
        numbers.length > 1 && (
          <Choice label="Attempt" value={attempt} options={options} onChange={setAttempt} />
        )
      }
    >
      <Lines job={job} attempt={attempt ? Number(attempt) : undefined} />
    </Panel>
  )
}

function Lines({ job, attempt }: { job: JobRecord; attempt: number | undefined }) {
  const logs = useInfiniteQuery({
    ...jobLogsQuery(job.id, attempt),
    refetchInterval: job.state === 'RUNNING' ? WHILE_RUNNING : false,
  })
  if (logs.isPending) return <Skeleton rows={2} />
  if (logs.isLoadingError) return <ErrorState error={logs.error} retry={() => void logs.refetch()} />
  const lines = logs.data.pages.flatMap((page) => page.items)
  if (lines.length === 0) {
    return (
      <p className="px-4 py-3 text-xs text-ink-faint">
        {job.attempt === 0 ? 'Nothing yet: it hasn’t run.' : 'Its handler logged nothing.'}
      </p>
    )
  }
  return (
    <>
      <ol
        tabIndex={0}
        aria-label="Log lines"
        className="max-h-[28rem] overflow-auto py-1.5 font-mono text-xs leading-5 focus-visible:-outline-offset-2"
      >
        {lines.map((line, index) => (
          <Line key={index} line={line} />
        ))}
      </ol>
      <LoadMore query={logs} />
    </>
  )
}

function Line({ line }: { line: LogLine }) {
  return (
    <li
      data-tone={TONES[line.level]}
      className="grid grid-cols-[auto_3.5rem_minmax(0,1fr)] gap-x-3 px-4 py-0.5 hover:bg-raised max-sm:grid-cols-[auto_minmax(0,1fr)]"
    >
      <time dateTime={line.at} title={absolute(line.at)} className="text-ink-faint tabular-nums">
        {clockTime(line.at)}
      </time>
      <span className="text-tone">{line.level}</span>
      <span className="break-words whitespace-pre-wrap max-sm:col-span-2">
        {line.message}
        <Fields fields={line.fields} />
      </span>
    </li>
  )
}

function Fields({ fields }: { fields: { [name: string]: Json } }) {
  return Object.entries(fields).map(([name, value]) => (
    <span key={name} className="ml-2 text-ink-faint">
      {name}=
      <span className="text-ink-soft">{typeof value === 'string' ? value : JSON.stringify(value)}</span>
    </span>
  ))
}
