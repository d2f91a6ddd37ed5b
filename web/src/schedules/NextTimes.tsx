/** The coming nominal times of a clock, in its own zone and in the reader's. */
import { useQuery } from '@tanstack/react-query'

import { nextTimesQuery, type Clock } from '../api/schedules'
import { ErrorState, Skeleton } from '../ui/states'
import { inZone, localZone, zoneOf } from './times'

const COUNT = 8

export function NextTimes({ clock }: { clock: Clock }) {
  const { data, error, isPending, refetch } = useQuery(nextTimesQuery(clock.row, COUNT))
  const zone = zoneOf(clock.definition)
  const apart = zone !== localZone()
  return (
    <section aria-label="Coming times">
      <h2 className="pb-1.5 text-xs font-medium text-ink-faint">Coming times</h2>
      {isPending ? (
        <Skeleton rows={2} />
      ) : error ? (
        <ErrorState error={error} retry={() => void refetch()} />
      ) : data.times.length === 0 ? (
        <p className="text-ink-soft">It never fires again.</p>
      ) : (
        <table className="text-left tabular-nums max-sm:text-xs">
          <thead className="text-xs text-ink-faint">
            <tr>
              <th className="pr-6 max-sm:pr-3 pb-0.5 font-normal">{zone}</th>
              {apart && <th className="pb-0.5 font-normal">{localZone()} (yours)</th>}
            </tr>
          </thead>
          <tbody>
            {data.times.map((at) => (
              <tr key={at}>
                <td className="pr-6 max-sm:pr-3">{inZone(at, zone) ?? at}</td>
                {apart && <td className="text-ink-soft">{inZone(at, undefined)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
