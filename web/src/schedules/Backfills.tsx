/** The backfills of a clock: how far each has come; one that goes on is followed and can be cancelled. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import { useCan } from '../access/useCan'
import { backfillsQuery, cancelBackfill, type Backfill, type Clock } from '../api/schedules'
import { Button } from '../ui/Button'
import { plural } from '../ui/format'
import { LoadMore } from '../ui/LoadMore'
import { ErrorState, Skeleton } from '../ui/states'
import { useMutate } from '../ui/useMutate'
import { inZone, progressOf, zoneOf } from './times'

const FOLLOW = 1_000

export function Backfills({ clock }: { clock: Clock }) {
  const list = useInfiniteQuery({
    ...backfillsQuery(clock.row),
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some((each) => each.state === 'RUNNING')) ? FOLLOW : false,
  })
  const backfills = list.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <section aria-label="Backfills">
      <h2 className="pb-1.5 text-xs font-medium text-ink-faint">Backfills</h2>
      {list.isPending ? (
        <Skeleton rows={2} />
      ) : list.isLoadingError ? (
        <ErrorState error={list.error} retry={() => void list.refetch()} />
      ) : backfills.length === 0 ? (
        <p className="text-ink-soft">None yet. A backfill fires the times of a range, oldest first.</p>
      ) : (
        <ul className="space-y-2">
          {backfills.map((backfill) => (
            <BackfillItem key={backfill.id} backfill={backfill} clock={clock} />
          ))}
        </ul>
      )}
      <LoadMore query={list} />
    </section>
  )
}

function BackfillItem({ backfill, clock }: { backfill: Backfill; clock: Clock }) {
  const mayCancel = useCan('schedules', 'operator')
  const cancel = useMutate({
    run: (id: string) => cancelBackfill(clock.row, id),
    keys: [['schedules', clock.row, 'backfills']],
    done: () => 'Cancelled the backfill; what has started goes on',
  })
  const zone = zoneOf(clock.definition)
  const share = progressOf(backfill)
  const going = backfill.state === 'RUNNING'
  const range = `${inZone(backfill.from, zone) ?? backfill.from} – ${inZone(backfill.to, zone) ?? backfill.to}`
  return (
    <li className="space-y-1.5 rounded-md border border-line bg-panel px-3 py-2">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <span className="text-xs tabular-nums">{range}</span>
        <span className="text-xs text-ink-soft">{backfill.state.toLowerCase()}</span>
      </div>
      <div
        role="progressbar"
        aria-label={`Backfill ${range}`}
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
        data-tone={going ? 'running' : backfill.state === 'FINISHED' ? 'success' : 'neutral'}
        className="h-1.5 overflow-hidden rounded-full bg-tone-soft"
      >
        <div className="h-full rounded-full bg-tone-mark" style={{ width: `${share * 100}%` }} />
      </div>
      <div className="flex items-center justify-between gap-3 text-xs text-ink-soft">
        <span>
          {plural(backfill.started, 'time')} started, {backfill.concurrency} at once ·{' '}
          <Link
            to="/deliveries"
            search={{ [clock.owner.kind]: clock.owner.name, trigger: clock.id }}
            className="rounded text-accent underline"
          >
            firings
          </Link>
        </span>
        {going && mayCancel && (
          <Button
            look="quiet"
            className="!h-6 !px-2 !text-xs"
            busy={cancel.busy}
            onClick={() => cancel.start(backfill.id)}
          >
            Cancel
          </Button>
        )}
      </div>
    </li>
  )
}
