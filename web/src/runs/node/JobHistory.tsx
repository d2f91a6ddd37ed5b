/** A job's attempts and transitions: what was tried, when, with what outcome, and why its state changed. */
import { ArrowRight } from 'lucide-react'

import type { Attempt, Job, Transition } from '../../api/types'
import { CopyButton } from '../../ui/CopyButton'
import { Took } from '../../ui/Ago'
import { absolute, clockTime, shortId } from '../../ui/format'
import { labelOf, toneOf } from '../../graph/states'
import { StateIcon } from '../../ui/StateBadge'

export function JobHistory({ job }: { job: Job }) {
  return (
    <>
      <section>
        <h3 className="mb-1 text-xs font-medium text-ink-soft">
          Attempts <span className="font-normal text-ink-faint">of at most {job.max_attempts}</span>
        </h3>
        {job.attempts.length === 0 && <p className="text-xs text-ink-faint">None yet.</p>}
        <ol className="space-y-1.5">
          {job.attempts.map((attempt, index) => (
            // Not the number: an attempt lost with its worker gives its number to the next.
            <AttemptRow key={index} attempt={attempt} />
          ))}
        </ol>
      </section>
      <section>
        <h3 className="mb-1 text-xs font-medium text-ink-soft">Transitions</h3>
        <ol className="space-y-1">
          {job.transitions.map((transition, index) => (
            <TransitionRow key={index} transition={transition} />
          ))}
        </ol>
      </section>
      <dl className="flex flex-wrap gap-x-4 gap-y-1 border-t border-line pt-3 text-xs [&_dt]:mr-1.5 [&_dt]:inline [&_dt]:text-ink-faint [&>div]:flex [&>div]:items-center">
        <div>
          <dt>Job</dt>
          <dd className="flex items-center gap-1 font-mono" title={job.id}>
            {shortId(job.id)} <CopyButton text={job.id} label="Copy the job id" />
          </dd>
        </div>
        <div>
          <dt>Kind</dt>
          <dd className="font-mono">{job.kind}</dd>
        </div>
        <div>
          <dt>Queue</dt>
          <dd>{job.queue}</dd>
        </div>
      </dl>
    </>
  )
}

function AttemptRow({ attempt }: { attempt: Attempt }) {
  return (
    <li className="rounded-md border border-line px-2.5 py-1.5 text-xs">
      <div className="flex items-center gap-2">
        <span className="font-medium tabular-nums">#{attempt.number}</span>
        <span>{attempt.outcome ?? 'running'}</span>
        <span className="ml-auto text-ink-faint">
          <Took from={attempt.started_at} to={attempt.finished_at} />
        </span>
      </div>
      {attempt.error_message && (
        <p data-tone="failure" className="mt-1 font-mono break-words whitespace-pre-wrap text-tone">
          {attempt.error_type && `${attempt.error_type}: `}
          {attempt.error_message}
        </p>
      )}
      <p className="mt-0.5 flex flex-wrap gap-x-3 text-ink-faint">
        {attempt.worker && <span title={attempt.worker}>worker {shortId(attempt.worker)}</span>}
        {attempt.retry_at && (
          <span title={absolute(attempt.retry_at)}>again at {clockTime(attempt.retry_at)}</span>
        )}
      </p>
    </li>
  )
}

function TransitionRow({ transition }: { transition: Transition }) {
  return (
    <li className="flex flex-wrap items-center gap-x-2 text-xs" data-tone={toneOf(transition.to)}>
      <time
        dateTime={transition.at}
        title={absolute(transition.at)}
        className="font-mono text-ink-faint tabular-nums"
      >
        {clockTime(transition.at)}
      </time>
      {transition.from && (
        <>
          <span className="text-ink-soft">{labelOf(transition.from)}</span>
          <ArrowRight size={11} aria-label="to" className="text-ink-faint" />
        </>
      )}
      <span className="inline-flex items-center gap-1 font-medium text-tone">
        <StateIcon state={transition.to} size={12} />
        {labelOf(transition.to)}
      </span>
      {transition.reason && <span className="text-ink-faint">{transition.reason}</span>}
    </li>
  )
}
