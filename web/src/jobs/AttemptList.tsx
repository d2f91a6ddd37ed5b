/** What was tried: each attempt with its outcome, its worker, its error with the traceback, and the wait after it. */
import { ChevronRight, Hourglass } from 'lucide-react'
import { useState } from 'react'

import type { JobAttempt, JobRecord } from '../api/jobs'
import { Ago, Took } from '../ui/Ago'
import { CopyButton } from '../ui/CopyButton'
import { absolute, durationBetween, relative, shortId } from '../ui/format'
import { StateIcon } from '../ui/StateBadge'
import { useNow } from '../ui/useNow'

const ICON_OF: Record<string, string> = { succeeded: 'SUCCEEDED', failed: 'FAILED', lost: 'DEAD' }
const SHOWN = 5

export function AttemptList({ job }: { job: JobRecord }) {
  const attempts = job.attempts ?? []
  const [all, setAll] = useState(false)
  if (attempts.length === 0) {
    return <p className="px-4 py-3 text-xs text-ink-faint">None yet: no worker has taken it.</p>
  }
  // Newest first: the last error is what one came for.
  const newest = attempts.toReversed()
  const shown = all ? newest : newest.slice(0, SHOWN)
  return (
    <>
      <ol className="divide-y divide-line">
        {shown.map((attempt, index) => (
          // Not the number: an attempt lost with its worker gives its number to the next.
          <AttemptItem key={newest.length - index} attempt={attempt} first={index === 0} />
        ))}
      </ol>
      {shown.length < newest.length && (
        <button
          type="button"
          onClick={() => setAll(true)}
          className="w-full border-t border-line py-2 text-center text-xs text-accent hover:bg-raised focus-visible:-outline-offset-2"
        >
          {newest.length - shown.length} earlier
        </button>
      )}
    </>
  )
}

function AttemptItem({ attempt, first }: { attempt: JobAttempt; first: boolean }) {
  const outcome = attempt.outcome ?? 'running'
  return (
    <li className="space-y-2 px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="flex items-center gap-2 font-medium">
          <StateIcon state={ICON_OF[outcome] ?? (attempt.outcome === null ? 'RUNNING' : 'PENDING')} />
          Attempt {attempt.number}
        </span>
        <span className="text-ink-soft">{outcome}</span>
        <span className="ml-auto flex flex-wrap items-center gap-x-3 text-xs text-ink-faint">
          {attempt.worker && (
            <span title={`Worker ${attempt.worker}`}>
              worker <span className="font-mono">{shortId(attempt.worker)}</span>
            </span>
          )}
          <Ago at={attempt.started_at} />
          <span className="min-w-12 text-right">
            <Took from={attempt.started_at} to={attempt.finished_at} />
          </span>
        </span>
      </div>
      <AttemptError attempt={attempt} open={first} />
      {attempt.retry_at && attempt.finished_at && (
        <p className="flex items-center gap-1.5 text-xs text-ink-faint" title={absolute(attempt.retry_at)}>
          <Hourglass size={12} aria-hidden />
          <Wait from={attempt.finished_at} to={attempt.retry_at} />
        </p>
      )}
    </li>
  )
}

/** How long it waits after an attempt: still to come, or past. */
function Wait({ from, to }: { from: string; to: string }) {
  const now = useNow(1_000)
  if (Date.parse(to) > now) return <>next try {relative(to, now)}</>
  return <>then waited {durationBetween(from, to, 0)}</>
}

function AttemptError({ attempt, open }: { attempt: JobAttempt; open: boolean }) {
  const { error_type: type, error_message: message, error_traceback: traceback } = attempt
  if (type === null && message === null) return null
  return (
    <div data-tone="failure" className="overflow-hidden rounded-md bg-tone-soft text-xs text-tone">
      <p className="px-3 py-2 font-mono leading-5 break-words whitespace-pre-wrap">
        {type && <span className="font-semibold">{type}: </span>}
        {message}
      </p>
      {traceback && <Traceback text={traceback} open={open} />}
    </div>
  )
}

function Traceback({ text, open }: { text: string; open: boolean }) {
  return (
    <details open={open} className="group border-t border-line">
      <summary className="flex cursor-pointer items-center gap-1.5 px-3 py-1.5 font-medium focus-visible:-outline-offset-2">
        <ChevronRight size={12} aria-hidden className="group-open:rotate-90" />
        Traceback
        <span className="ml-auto">
          <CopyButton text={text} label="Copy the traceback" />
        </span>
      </summary>
      <pre
        tabIndex={0}
        aria-label="Traceback"
        className="max-h-96 overflow-auto bg-panel px-3 py-2 font-mono text-xs leading-5 text-ink"
      >
        {text}
      </pre>
    </details>
  )
}
