/** What starts a workflow, as icon and word; each kind once. A workflow without a trigger is started by hand. */
import { CalendarClock, Clock, Hand, Radio, Repeat, Webhook, type LucideIcon } from 'lucide-react'

import type { Trigger } from '../api/types'

const ICONS: Record<string, LucideIcon> = {
  webhook: Webhook,
  cron: CalendarClock,
  every: Repeat,
  at: Clock,
  event: Radio,
  manual: Hand,
}

export function TriggerIcon({ type, size = 13 }: { type: string; size?: number }) {
  const Icon = ICONS[type] ?? Radio
  return <Icon size={size} aria-hidden className="shrink-0 text-ink-faint" />
}

export function TriggerKinds({ triggers }: { triggers: readonly Trigger[] }) {
  const kinds = [...new Set(triggers.map((trigger) => trigger.type))]
  return (
    <span className="flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-ink-soft">
      {(kinds.length > 0 ? kinds : ['manual']).map((kind) => (
        <span key={kind} className="inline-flex items-center gap-1">
          <TriggerIcon type={kind} />
          {kind}
        </span>
      ))}
    </span>
  )
}
