/** What can be done with a row of a list: up, down, away. And the button that adds one. */
import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react'
import type { ComponentProps } from 'react'

import { IconButton } from '../../ui/IconButton'

interface Props {
  what: string
  index: number
  count: number
  onMove: (to: number) => void
  onRemove: () => void
}

export function RowTools({ what, index, count, onMove, onRemove }: Props) {
  return (
    <span className="flex h-8 shrink-0 items-center">
      {count > 1 && (
        <>
          <Tool
            Icon={ArrowUp}
            label={`Move ${what} up`}
            disabled={index === 0}
            onClick={() => onMove(index - 1)}
          />
          <Tool
            Icon={ArrowDown}
            label={`Move ${what} down`}
            disabled={index === count - 1}
            onClick={() => onMove(index + 1)}
          />
        </>
      )}
      <Tool Icon={X} label={`Remove ${what}`} onClick={onRemove} />
    </span>
  )
}

/** A tool of a row, a little smaller than elsewhere. */
export function Tool(props: Omit<ComponentProps<typeof IconButton>, 'size'>) {
  return <IconButton size={13} {...props} />
}

export function AddRow({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="inline-flex h-7 items-center gap-1 rounded-md px-1.5 text-xs font-medium text-accent hover:bg-raised"
    >
      <Plus size={13} aria-hidden />
      {label}
    </button>
  )
}
