/** One child of a node in a line; unfolds to its item, output and error. Its own run is a link away. */
import { Link } from '@tanstack/react-router'
import { ArrowUpRight, ChevronRight } from 'lucide-react'
import { memo, useState } from 'react'

import type { Item, ItemState, Json } from '../../api/types'
import { StateIcon } from '../../ui/StateBadge'
import { ErrorValue, Value } from '../Value'
import { ITEM_LABELS } from './itemLabels'

const SHOWN = 120

export const ItemRow = memo(function ItemRow({ item }: { item: Item }) {
  const [open, setOpen] = useState(false)
  return (
    <li>
      <div className="flex items-center pr-3 hover:bg-raised">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="flex h-8 min-w-0 flex-1 items-center gap-2 pl-3 text-left text-xs focus-visible:-outline-offset-2"
        >
          <ChevronRight
            size={12}
            aria-hidden
            className={`shrink-0 text-ink-faint ${open ? 'rotate-90' : ''}`}
          />
          <span className="w-10 shrink-0 text-right text-ink-faint tabular-nums">{item.index}</span>
          <StateIcon state={iconOf(item.state)} size={13} />
          <span className="sr-only">{ITEM_LABELS[item.state]}</span>
          <span className="min-w-0 flex-1 truncate font-mono">{brief(item)}</span>
        </button>
        {item.run && (
          <Link
            to="/runs/$id"
            params={{ id: item.run }}
            aria-label={`Open the run of item ${item.index}`}
            title="Open its run"
            className="rounded p-1 text-ink-faint hover:text-ink"
          >
            <ArrowUpRight size={14} aria-hidden />
          </Link>
        )}
      </div>
      {open && (
        <div className="space-y-3 px-4 pt-1 pb-3">
          <ErrorValue error={item.error} />
          <Value name="Item" value={item.item} />
          <Value name="Output" value={item.output} />
        </div>
      )}
    </li>
  )
})

/** The states of children as those of runs, for their icons. */
function iconOf(state: ItemState): string {
  if (state === 'NEW') return 'PENDING'
  return state === 'LIVE' ? 'RUNNING' : state
}

/** What is most worth a line: why it failed, else the item and what came of it. */
function brief(item: Item): string {
  if (item.error?.message) return item.error.message.slice(0, SHOWN)
  const output = item.output === null ? '' : ` → ${short(item.output)}`
  return `${short(item.item)}${output}`
}

function short(value: Json): string {
  const text = JSON.stringify(value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}
