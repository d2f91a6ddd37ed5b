/** What an empty graph says: how to begin. */
import { Plus } from 'lucide-react'

import { Keys } from '../../ui/palette/Keys'
import { useTools } from '../tools'

export function EmptyCanvas() {
  const { look, editor, narrow } = useTools()
  return (
    <div className="pointer-events-none absolute inset-0 flex items-center justify-center">
      <div className="pointer-events-auto flex max-w-72 flex-col items-center gap-3 text-center">
        <button
          type="button"
          onClick={() => look({ asking: { what: 'add', spot: {} } })}
          className="flex h-[76px] w-[196px] items-center justify-center gap-2 rounded-lg border border-dashed border-line-strong bg-panel font-medium text-ink-soft hover:border-accent hover:text-ink"
        >
          <Plus size={16} aria-hidden />
          {editor.path.length === 0 ? 'Add the first node' : 'Add the first step'}
        </button>
        {!narrow && (
          <p className="flex flex-wrap items-center justify-center gap-1 text-ink-faint">
            Drag one from the palette, or press <Keys keys={['A']} />
          </p>
        )}
      </div>
    </div>
  )
}
