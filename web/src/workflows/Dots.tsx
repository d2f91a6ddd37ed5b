/** The button of a menu of actions. The menu gives it what it needs to be its trigger. */
import { MoreHorizontal } from 'lucide-react'

export function Dots({ label, ...rest }: { label: string }) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      title="Actions"
      className="inline-flex size-7 shrink-0 items-center justify-center rounded-md text-ink-soft hover:bg-line hover:text-ink data-[state=open]:bg-line"
    >
      <MoreHorizontal size={16} aria-hidden />
    </button>
  )
}
