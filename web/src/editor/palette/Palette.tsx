/** The node kinds, to search, drag onto the canvas, or add by click and Enter. */
import { PanelLeftClose, Search } from 'lucide-react'
import { useDeferredValue, useState, type KeyboardEvent } from 'react'

import { NodeIcon } from '../../canvas/NodeIcon'
import { adding } from '../acts'
import type { Kind } from '../contract'
import { useSight } from '../canvas/useSight'
import { IconButton } from '../frame/IconButton'
import { useTools } from '../tools'
import { DRAGGED } from './dragged'
import { found } from './found'

export function Palette({ onClose, onAdded }: { onClose?: () => void; onAdded?: () => void }) {
  const { kinds, act, look } = useTools()
  const [search, setSearch] = useState('')
  const groups = found(kinds.values(), useDeferredValue(search))
  const { middle } = useSight()
  const add = (kind: Kind) => {
    act(adding(kind, {}, middle(), kinds))
    look({ tab: 'node', centre: { id: null } })
    onAdded?.()
  }
  const addFirst = () => {
    const first = groups[0]?.kinds[0]
    if (first) add(first)
  }
  return (
    <section aria-label="Palette" onKeyDown={byArrows} className="flex h-full min-h-0 flex-col">
      <div className="flex h-11 shrink-0 items-center gap-1 border-b border-line px-2">
        <div className="relative min-w-0 flex-1">
          <Search size={13} aria-hidden className="absolute top-1/2 left-2 -translate-y-1/2 text-ink-faint" />
          <input
            type="search"
            value={search}
            aria-label="Search nodes"
            placeholder="Search nodes"
            onChange={(event) => setSearch(event.target.value)}
            onKeyDown={(event) => event.key === 'Enter' && addFirst()}
            data-palette-item
            className="h-7 w-full rounded-md bg-raised pr-2 pl-7 text-[13px] focus-visible:outline-offset-0"
          />
        </div>
        {onClose && <IconButton label="Hide the palette" Icon={PanelLeftClose} onClick={onClose} />}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-4">
        {groups.map(({ category, kinds: list }) => (
          <section key={category} aria-label={category}>
            <h2 className="px-1.5 pt-3 pb-1 text-[11px] font-medium text-ink-faint">{category}</h2>
            {list.map((kind) => (
              <Item key={kind.type} kind={kind} onAdd={() => add(kind)} />
            ))}
          </section>
        ))}
        {groups.length === 0 && (
          <p className="px-1.5 py-6 text-center text-ink-faint">No node is called so.</p>
        )}
      </div>
    </section>
  )
}

function Item({ kind, onAdd }: { kind: Kind; onAdd: () => void }) {
  return (
    <button
      type="button"
      draggable
      data-palette-item
      title={kind.description}
      onClick={onAdd}
      onDragStart={(event) => {
        event.dataTransfer.setData(DRAGGED, kind.type)
        event.dataTransfer.effectAllowed = 'copy'
      }}
      className="flex h-8 w-full cursor-grab items-center gap-2 rounded-md px-1.5 text-left hover:bg-raised active:cursor-grabbing"
    >
      <span className="flex size-6 shrink-0 items-center justify-center rounded bg-raised text-ink-soft">
        <NodeIcon type={kind.type} size={14} />
      </span>
      <span className="min-w-0 truncate">{kind.title}</span>
      {kind.own && <span className="ml-auto shrink-0 text-[10.5px] text-ink-faint">own</span>}
    </button>
  )
}

/** Up and down go through the list. */
function byArrows(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-palette-item]')]
  const at = items.indexOf(document.activeElement as HTMLElement)
  const next = items[at + (event.key === 'ArrowDown' ? 1 : -1)]
  if (at < 0 || !next) return
  event.preventDefault()
  next.focus()
}
