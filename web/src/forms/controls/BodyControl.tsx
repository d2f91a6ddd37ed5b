/** The steps inside a map or loop: they are drawn on the canvas; here is the way there. */
import { Layers } from 'lucide-react'

import { Button } from '../../ui/Button'
import { plural } from '../../ui/format'
import { useSurroundings } from '../surroundings'

export function BodyControl() {
  const { body } = useSurroundings()
  const count = body?.nodes ?? 0
  return (
    <div className="flex items-center gap-2 rounded-md border border-line bg-page px-2.5 py-1.5">
      <Layers size={14} aria-hidden className="text-ink-faint" />
      <span className="min-w-0 flex-1 text-xs text-ink-soft">
        {count > 0 ? plural(count, 'node') : 'No nodes yet: open the steps on the canvas to add some.'}
      </span>
      {body?.enter && (
        <Button className="h-7" onClick={body.enter}>
          Open the steps
        </Button>
      )}
    </div>
  )
}
