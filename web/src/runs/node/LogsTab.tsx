/** What the node's handler logged, oldest first; read again every two seconds while the node goes on. */
import { useInfiniteQuery } from '@tanstack/react-query'

import { logsQuery, type LogLine } from '../../api/runs'
import { absolute, clockTime } from '../../ui/format'
import { LoadMore } from '../../ui/LoadMore'
import { ErrorState, Skeleton } from '../../ui/states'

const AGAIN = 2_000
const TONES: Record<string, string> = {
  error: 'failure',
  critical: 'failure',
  warning: 'waiting',
  debug: 'neutral',
}

export function LogsTab({ job, live }: { job: string; live: boolean }) {
  const list = useInfiniteQuery({ ...logsQuery(job, undefined), refetchInterval: live ? AGAIN : false })
  if (list.isPending) return <Skeleton rows={3} />
  if (list.isLoadingError) return <ErrorState error={list.error} retry={() => void list.refetch()} />
  const lines = list.data.pages.flatMap((page) => page.items)
  if (lines.length === 0) {
    return <p className="text-ink-soft">{live ? 'Nothing was logged yet.' : 'Nothing was logged.'}</p>
  }
  const several = lines.some((line) => line.attempt !== lines[0]?.attempt)
  return (
    <>
      <ol aria-label="Log lines" className="-mx-1 max-h-[420px] overflow-y-auto font-mono text-xs leading-5">
        {lines.map((line, index) => (
          <Line key={index} line={line} attempt={several} />
        ))}
      </ol>
      <LoadMore query={list} />
    </>
  )
}

function Line({ line, attempt }: { line: LogLine; attempt: boolean }) {
  const level = line.level.toLowerCase()
  const fields = Object.entries(line.fields)
  return (
    <li className="flex flex-wrap gap-x-2 rounded px-1 hover:bg-raised">
      <time dateTime={line.at} title={absolute(line.at)} className="text-ink-faint tabular-nums">
        {clockTime(line.at)}
      </time>
      {attempt && (
        <span className="text-ink-faint" title={`Attempt ${line.attempt}`}>
          #{line.attempt}
        </span>
      )}
      {level !== 'info' && (
        <span data-tone={TONES[level] ?? 'neutral'} className="text-tone">
          {level}
        </span>
      )}
      <span className="min-w-0 break-words whitespace-pre-wrap">{line.message}</span>
      {fields.map(([name, value]) => (
        <span key={name} className="min-w-0 break-all text-ink-soft">
          {name}={typeof value === 'string' ? value : JSON.stringify(value)}
        </span>
      ))}
    </li>
  )
}
