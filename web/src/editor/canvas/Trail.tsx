/** Where one stands: the workflow, and the maps and loops that were entered. Each leads back to it. */
import { ChevronRight } from 'lucide-react'

import { nodeAt } from '../../graph/edit/document'
import { entering } from '../session'
import { useTools } from '../tools'

export function Trail() {
  const { editor, act } = useTools()
  const { definition, path } = editor
  if (path.length === 0) return null
  const places = path.map((id, index) => ({
    id,
    path: path.slice(0, index + 1),
    title: nodeAt(definition, path.slice(0, index + 1))?.title ?? id,
  }))
  return (
    <nav
      aria-label="Steps inside"
      className="absolute top-3 left-3 z-10 flex max-w-[60%] items-center gap-0.5 overflow-x-auto rounded-lg border border-line bg-panel p-1 shadow-card"
    >
      <button
        type="button"
        onClick={() => act(entering([], path.slice(0, 1)))}
        className="shrink-0 rounded-md px-2 py-0.5 text-ink-soft hover:bg-raised hover:text-ink"
      >
        Workflow
      </button>
      {places.map((place, index) => (
        <span key={place.id} className="flex shrink-0 items-center gap-0.5">
          <ChevronRight size={13} aria-hidden className="text-ink-faint" />
          <button
            type="button"
            aria-current={index === places.length - 1 ? 'location' : undefined}
            onClick={() => act(entering(place.path))}
            className="rounded-md px-2 py-0.5 text-ink-soft hover:bg-raised hover:text-ink aria-[current]:font-medium aria-[current]:text-ink"
          >
            {place.title}
          </button>
        </span>
      ))}
    </nav>
  )
}
