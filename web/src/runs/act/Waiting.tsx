/** What the run waits for now, each with the way to end it. Nothing is shown where it waits for nobody. */
import { useQuery } from '@tanstack/react-query'

import { waitsQuery } from '../../api/runs'
import type { Definition, Run } from '../../api/types'
import { isEnd } from '../../graph/states'
import { titleIn } from '../../graph/view'
import { Panel } from '../../ui/Page'
import { WaitBox } from './WaitBox'

/** Boxes at once; a run may wait in very many places. */
const MOST = 10

interface Props {
  run: Run
  definition: Definition
  onSelect: (node: string) => void
}

export function Waiting({ run, definition, onSelect }: Props) {
  const going = !isEnd(run.state)
  const waits = useQuery({ ...waitsQuery(run.id), enabled: going })
  if (!going || !waits.data || waits.data.length === 0) return null
  const shown = waits.data.slice(0, MOST)
  return (
    <Panel title="Waits for">
      <ul className="divide-y divide-line">
        {shown.map((wait) => (
          <li key={wait.node} className="space-y-2 p-4">
            <button
              type="button"
              onClick={() => onSelect(wait.node)}
              className="rounded text-xs font-medium text-ink-soft hover:text-ink hover:underline"
            >
              {titleIn(definition, wait.node)}
            </button>
            <WaitBox run={run} wait={wait} />
          </li>
        ))}
      </ul>
      {waits.data.length > MOST && (
        <p className="border-t border-line px-4 py-2 text-xs text-ink-faint">
          And {waits.data.length - MOST} more: choose a node of the graph.
        </p>
      )}
    </Panel>
  )
}
