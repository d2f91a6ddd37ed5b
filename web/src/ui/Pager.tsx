/** Back and on through pages whose number isn't known. */
import { ChevronLeft, ChevronRight } from 'lucide-react'

import { Button } from './Button'

interface Props {
  label: string
  /** The number of the first thing on this page, and how many there are on it. */
  from: number
  count: number
  /** How many there are in all, where that is known. */
  total?: number | undefined
  onBack: (() => void) | null
  onNext: (() => void) | null
}

export function Pager({ label, from, count, total, onBack, onNext }: Props) {
  if (!onBack && !onNext) return null
  return (
    <nav aria-label={label} className="flex items-center gap-2 text-xs text-ink-soft">
      <span className="mr-auto tabular-nums">
        {from.toLocaleString('en')}–{(from + count - 1).toLocaleString('en')}
        {total !== undefined && ` of ${total.toLocaleString('en')}`}
      </span>
      <Button look="quiet" disabled={!onBack} onClick={() => onBack?.()} aria-label="Page before">
        <ChevronLeft size={14} aria-hidden />
      </Button>
      <Button look="quiet" disabled={!onNext} onClick={() => onNext?.()} aria-label="Next page">
        <ChevronRight size={14} aria-hidden />
      </Button>
    </nav>
  )
}
