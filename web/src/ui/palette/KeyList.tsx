/** A group of keys and what each does. */
import { Keys } from './Keys'
import type { Shortcut } from './shortcuts'

interface Props {
  group: string
  shortcuts: readonly Shortcut[]
  className?: string
}

export function KeyList({ group, shortcuts, className }: Props) {
  return (
    <section aria-label={group} className={className}>
      <h3 className="pb-1 text-xs font-medium text-ink-faint">{group}</h3>
      <dl className="space-y-1">
        {shortcuts.map(({ keys, does }) => (
          <div key={does} className="flex items-start justify-between gap-3">
            <dt className="order-2">
              <Keys keys={keys} />
            </dt>
            <dd className="order-1 text-ink-soft">{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
