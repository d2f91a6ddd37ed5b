/** The keys that work, as a sheet. */
import { Dialog } from '../Dialog'
import { Keys } from './Keys'
import { SHORTCUTS } from './shortcuts'

export function KeyboardHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Keyboard"
      description="Keys mean nothing while you type into a field, but for the palette’s."
    >
      <div className="grid gap-x-8 gap-y-4 overflow-y-auto p-4 sm:grid-cols-2">
        {SHORTCUTS.map(({ group, shortcuts }) => (
          <section key={group} aria-label={group}>
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
        ))}
      </div>
    </Dialog>
  )
}
