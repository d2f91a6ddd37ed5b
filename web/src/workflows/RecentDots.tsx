/** The last runs of a workflow as bars, oldest first: height is duration, tone is state; the words are for everyone. */
import { labelOf, toneOf } from '../graph/states'
import type { Run } from '../api/types'
import { duration } from '../ui/format'

const LOWEST = 5
const HIGHEST = 18

export function RecentDots({ runs }: { runs: readonly Run[] }) {
  if (runs.length === 0) return null
  const shown = [...runs].reverse()
  const longest = Math.max(1, ...shown.map(took))
  const words = shown.map((run) => labelOf(run.state)).join(', ')
  return (
    <span
      role="img"
      aria-label={`Last runs, oldest first: ${words}`}
      className="inline-flex h-[18px] items-end gap-[3px]"
    >
      {shown.map((run) => (
        <span
          key={run.id}
          title={`${labelOf(run.state)} · ${duration(took(run))}`}
          data-tone={toneOf(run.state)}
          className="w-[5px] rounded-[2px] bg-tone-mark"
          style={{ height: LOWEST + Math.round(((HIGHEST - LOWEST) * took(run)) / longest) }}
        />
      ))}
    </span>
  )
}

function took(run: Run): number {
  if (run.started_at === null || run.finished_at === null) return 0
  return Math.max(0, Date.parse(run.finished_at) - Date.parse(run.started_at))
}
