/** A quiet button that is an icon alone; its label is read out and shown on hover. */
import type { LucideIcon } from 'lucide-react'

interface Props {
  label: string
  Icon: LucideIcon
  /** Pixels. */
  size?: number
  disabled?: boolean
  onClick: () => void
}

export function IconButton({ label, Icon, size = 14, disabled = false, onClick }: Props) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
      className="rounded p-1 text-ink-faint hover:bg-raised hover:text-ink disabled:opacity-35"
    >
      <Icon size={size} aria-hidden />
    </button>
  )
}
