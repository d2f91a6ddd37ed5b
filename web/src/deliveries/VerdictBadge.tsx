/** A verdict as icon and word in its tone. */
import { CircleCheck, CircleMinus, CircleSlash, CircleX, SkipForward, type LucideIcon } from 'lucide-react'

import { verdictOf } from './verdicts'

const ICONS: Record<string, LucideIcon> = {
  started: CircleCheck,
  not_met: CircleMinus,
  skipped: SkipForward,
  rejected: CircleSlash,
  failed: CircleX,
}

export function VerdictBadge({ verdict }: { verdict: string }) {
  const { label, tone } = verdictOf(verdict)
  const Icon = ICONS[verdict] ?? CircleMinus
  return (
    <span
      data-tone={tone}
      className="inline-flex items-center align-middle gap-1.5 rounded-full bg-tone-soft py-0.5 pr-2.5 pl-1.5 text-xs font-medium whitespace-nowrap text-tone"
    >
      <Icon size={13} aria-hidden className="shrink-0" />
      {label}
    </span>
  )
}
