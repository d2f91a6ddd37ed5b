/**
 * The children of a map, loop or call: how far they are as one bar, and a page of them at a time, filtered by state.
 *
 * Only the page that is looked at is read and drawn, so ten thousand items cost what a hundred do.
 */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { ITEMS_A_PAGE, itemsQuery } from '../../api/runs'
import type { Items, ItemState } from '../../api/types'
import { Choice } from '../../ui/Fields'
import { Pager } from '../../ui/Pager'
import { Progress } from '../../ui/Progress'
import { ErrorState, Skeleton } from '../../ui/states'
import { ItemRow } from './ItemRow'
import { ITEM_LABELS } from './itemLabels'

const AGAIN = 2_000
const FILTERS = [
  { value: '', label: 'Every item' },
  ...Object.entries(ITEM_LABELS).map(([value, label]) => ({ value, label })),
]

interface Props {
  run: string
  node: string
  items: Items
  live: boolean
}

export function ItemsTab({ run, node, items, live }: Props) {
  const [state, setState] = useState<ItemState | undefined>(undefined)
  return (
    <div className="space-y-3">
      <Summary items={items} />
      <Choice
        label="State of the items"
        value={state ?? ''}
        options={FILTERS}
        onChange={(next) => setState(next === '' ? undefined : (next as ItemState))}
      />
      <ItemPages
        key={state}
        run={run}
        node={node}
        state={state}
        total={state ? undefined : items.total}
        live={live}
      />
    </div>
  )
}

function Summary({ items }: { items: Items }) {
  const waiting = items.total - items.done - items.live
  const parts = [
    [items.done - items.failed, 'succeeded'],
    [items.failed, 'failed'],
    [items.live, 'running'],
    [waiting, 'to come'],
  ] as const
  return (
    <div className="space-y-1.5">
      <p className="text-xs tabular-nums">
        <span className="font-medium">
          {items.done.toLocaleString('en')} of {items.total.toLocaleString('en')}
        </span>
        <span className="text-ink-soft">
          {parts
            .filter(([count]) => count > 0)
            .map(([count, word]) => ` · ${count.toLocaleString('en')} ${word}`)
            .join('')}
        </span>
      </p>
      <Progress items={items} className="h-1.5" />
    </div>
  )
}

interface PagesProps {
  run: string
  node: string
  state: ItemState | undefined
  total: number | undefined
  live: boolean
}

function ItemPages({ run, node, state, total, live }: PagesProps) {
  /** The cursors of the pages up to this one; the first page has none. */
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null])
  const query = useQuery({
    ...itemsQuery(run, node, state, cursors.at(-1) ?? null),
    refetchInterval: live ? AGAIN : false,
  })
  if (query.isPending) return <Skeleton rows={4} />
  if (query.isLoadingError) return <ErrorState error={query.error} retry={() => void query.refetch()} />
  const page = query.data
  if (page.items.length === 0) {
    return (
      <p className="text-ink-soft">
        {state ? `No item is ${ITEM_LABELS[state].toLowerCase()}.` : 'No items.'}
      </p>
    )
  }
  const { next } = page
  return (
    <>
      <ul
        aria-label="Items"
        className="-mx-4 max-h-[max(16rem,50vh)] divide-y divide-line overflow-y-auto border-y border-line"
      >
        {page.items.map((item) => (
          <ItemRow key={item.index} item={item} />
        ))}
      </ul>
      <Pager
        label="Pages of items"
        from={(cursors.length - 1) * ITEMS_A_PAGE + 1}
        count={page.items.length}
        total={total}
        onBack={cursors.length > 1 ? () => setCursors(cursors.slice(0, -1)) : null}
        onNext={next ? () => setCursors([...cursors, next]) : null}
      />
    </>
  )
}
