/** The keys that work, as a sheet. */
import { Dialog } from '../Dialog'
import { KeyList } from './KeyList'
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
          <KeyList key={group} group={group} shortcuts={shortcuts} />
        ))}
      </div>
    </Dialog>
  )
}
