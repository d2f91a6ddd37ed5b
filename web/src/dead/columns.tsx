/** What the list of dead letters shows of each: what it was, the error that it died of, when, and a way back. */
import { RotateCcw } from 'lucide-react'

import { useCan } from '../access/useCan'
import { replayDead } from '../api/dead'
import { isRun, type JobRecord } from '../api/jobs'
import { errorOf } from '../jobs/brief'
import { KindCell } from '../jobs/columns'
import type { JobColumn } from '../jobs/JobTable'
import { JOB_KEYS } from '../jobs/keys'
import { Ago } from '../ui/Ago'
import { Button } from '../ui/Button'
import { shortId } from '../ui/format'
import { useMutate } from '../ui/useMutate'

export const DEAD_COLUMNS: readonly JobColumn[] = [
  { key: 'kind', title: 'Kind', width: '15rem', cell: (job) => <KindCell job={job} /> },
  { key: 'error', title: 'Died of', cell: (job) => <ErrorCell job={job} />, wide: true },
  {
    key: 'queue',
    title: 'Queue',
    width: '9rem',
    wide: true,
    cell: (job) => <span className="text-ink-soft">{job.queue}</span>,
  },
  {
    key: 'attempts',
    title: 'Attempts',
    width: '5rem',
    align: 'right',
    wide: true,
    cell: (job) => <span className="text-xs text-ink-soft">{job.attempt}</span>,
  },
  {
    key: 'died',
    title: 'Died',
    width: '6rem',
    align: 'right',
    cell: (job) => (
      <span className="text-xs text-ink-soft">
        <Ago at={job.finished_at} />
      </span>
    ),
  },
  {
    key: 'replay',
    title: <span className="sr-only">Replay</span>,
    width: '3rem',
    cell: (job) => <Replay job={job} />,
  },
]

function ErrorCell({ job }: { job: JobRecord }) {
  const text = errorOf(job)
  return (
    <span title={text} data-tone="failure" className="block max-w-0 min-w-full truncate text-xs text-tone">
      {text}
    </span>
  )
}

function Replay({ job }: { job: JobRecord }) {
  const mayReplay = useCan('dead-letters', 'operator')
  const replay = useMutate({
    run: replayDead,
    keys: JOB_KEYS,
    done: (answer) =>
      isRun(answer) ? `Its run goes on as ${shortId(answer.id)}` : `Replayed ${job.kind} ${shortId(job.id)}`,
  })
  if (!mayReplay) return null
  return (
    <Button
      look="quiet"
      aria-label={`Replay ${shortId(job.id)}`}
      title="Replay"
      busy={replay.busy}
      onClick={() => replay.start(job.id)}
      className="!h-7 !px-2"
    >
      {!replay.busy && <RotateCcw size={14} aria-hidden />}
    </Button>
  )
}
