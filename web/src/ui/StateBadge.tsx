/** A state as icon and word in its tone: never by colour alone. */
import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleX,
  Clock,
  Hourglass,
  LoaderCircle,
  Pause,
  SkipForward,
  Skull,
  type LucideIcon,
} from 'lucide-react'

import { labelOf, toneOf } from '../graph/states'

const ICONS: Record<string, LucideIcon> = {
  PENDING: CircleDashed,
  SCHEDULED: Clock,
  RUNNING: LoaderCircle,
  WAITING: Hourglass,
  PAUSED: Pause,
  SUCCEEDED: CircleCheck,
  FAILED: CircleX,
  DEAD: Skull,
  CANCELLED: Ban,
  SKIPPED: SkipForward,
}

export function StateIcon({ state, size = 14 }: { state: string; size?: number }) {
  const Icon = ICONS[state] ?? CircleDashed
  return (
    <Icon
      size={size}
      aria-hidden
      data-tone={toneOf(state)}
      className={`shrink-0 text-tone ${state === 'RUNNING' ? 'spinning' : ''}`}
    />
  )
}

export function StateBadge({ state }: { state: string }) {
  return (
    <span
      data-tone={toneOf(state)}
      className="inline-flex items-center gap-1.5 rounded-full bg-tone-soft py-0.5 pr-2.5 pl-1.5 text-xs font-medium whitespace-nowrap text-tone"
    >
      <StateIcon state={state} size={13} />
      {labelOf(state)}
    </span>
  )
}
