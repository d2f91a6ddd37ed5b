/** What can be done with a row of a list: up, down, away. And the button that adds one. */
import { ArrowDown, ArrowUp, Plus, X, type LucideIcon } from 'lucide-react'

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

export function Tool({
  Icon,
  label,
  disabled = false,
  onClick,
}: {
  Icon: LucideIcon
  label: string
  disabled?: boolean
  onClick: () => void
}) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
      className="rounded p-1 text-ink-faint hover:bg-raised hover:text-ink disabled:opacity-35"
    >
      <Icon size={13} aria-hidden />
    </button>
  )
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
