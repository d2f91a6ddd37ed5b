/** Why the job is where it is, in the server's sentence; its progress while it runs. */
import type { JobRecord } from '../api/jobs'
import { toneOf } from '../graph/states'
import { StateIcon } from '../ui/StateBadge'
import { progressOf, shareOf } from './brief'
import { sentenceOf } from './why'

export function WhyPanel({ job }: { job: JobRecord }) {
  const parts = sentenceOf(job.why ?? '', job.state)
  const progress = job.state === 'RUNNING' ? progressOf(job) : null
  return (
    <section
      aria-label="Why"
      data-tone={toneOf(job.state)}
      className="flex flex-col gap-2.5 rounded-lg border border-line bg-tone-soft px-4 py-3"
    >
      <p className="flex gap-2.5 text-sm leading-5 break-words">
        <span className="mt-0.5">
          <StateIcon state={job.state} size={15} />
        </span>
        <span className="min-w-0">
          {parts.map((part, index) =>
            part.code ? (
              <code key={index} className="rounded bg-panel px-1 py-0.5 font-mono text-xs select-all">
                {part.text}
              </code>
            ) : (
              <span key={index}>{part.text}</span>
            ),
          )}
        </span>
      </p>
      {progress !== null && <Progress text={progress} share={shareOf(job)} />}
    </section>
  )
}

function Progress({ text, share }: { text: string; share: number | null }) {
  return (
    <div className="flex items-center gap-3 pl-6">
      {share !== null && (
        <div
          role="progressbar"
          aria-label="Progress"
          aria-valuenow={Math.round(share * 100)}
          aria-valuemin={0}
          aria-valuemax={100}
          className="h-1.5 w-48 overflow-hidden rounded-full bg-panel"
        >
          <div className="h-full rounded-full bg-tone-mark" style={{ width: `${share * 100}%` }} />
        </div>
      )}
      <span className="text-xs text-ink-soft">{text}</span>
    </div>
  )
}
