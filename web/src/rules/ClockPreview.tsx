/** The coming times of a clock that isn't saved, asked for when typing pauses. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'

import { asProblem } from '../api/http'
import { previewTimes } from '../api/schedules'
import { useDebounced } from '../expressions/useDebounced'
import { inZone, zoneOf } from '../schedules/times'
import type { Part } from './document'

const PAUSE = 400
const COUNT = 3

export function ClockPreview({ trigger }: { trigger: Part }) {
  const text = useDebounced(JSON.stringify(trigger), PAUSE)
  const { data, error } = useQuery({
    queryKey: ['preview', text, COUNT],
    queryFn: ({ signal }) => previewTimes(JSON.parse(text) as Part, COUNT, signal),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  })
  if (error) {
    const [first] = asProblem(error).errors
    return <p className="text-xs text-[var(--failure-text)]">{first?.message ?? asProblem(error).message}</p>
  }
  const zone = zoneOf(trigger)
  return (
    <p role="status" className="text-xs text-ink-soft tabular-nums">
      {!data
        ? 'Looking for the next times…'
        : data.times.length === 0
          ? 'It never fires.'
          : `Next: ${data.times.map((at) => inZone(at, zone) ?? at).join(' · ')} (${zone})`}
    </p>
  )
}
