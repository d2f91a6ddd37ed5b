/** How a test goes: its state, each node that was reached, its output or error. Live as long as it runs. */
import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'

import type { Run } from '../../api/types'
import { titleIn } from '../../graph/view'
import { ErrorValue, Value } from '../../runs/Value'
import { Took } from '../../ui/Ago'
import { StateBadge, StateIcon } from '../../ui/StateBadge'
import type { EditorState } from '../contract'

interface Props {
  run: Run
  editor: EditorState
  onClear: () => void
}

export function TestResult({ run, editor, onClear }: Props) {
  return (
    <div role="group" aria-label="Result of the test" className="min-w-0 space-y-3">
      <div className="flex flex-wrap items-center gap-2 text-xs">
        <span role="status">
          <StateBadge state={run.state} />
        </span>
        <span className="text-ink-soft">
          <Took from={run.started_at} to={run.finished_at} none="" />
        </span>
        <Link
          to="/runs/$id"
          params={{ id: run.id }}
          search={{}}
          className="rounded text-ink-soft hover:text-accent"
        >
          Open the run
        </Link>
        <button
          type="button"
          onClick={onClear}
          className="ml-auto inline-flex items-center gap-1 rounded px-1.5 py-0.5 text-ink-soft hover:bg-raised hover:text-ink"
        >
          <X size={12} aria-hidden /> Clear
        </button>
      </div>
      <ErrorValue error={run.error} />
      <Nodes run={run} editor={editor} />
      <Value name="Output" value={run.output} />
    </div>
  )
}

function Nodes({ run, editor }: { run: Run; editor: EditorState }) {
  const reached = Object.entries(run.nodes ?? {}).filter(
    ([, node]) => node.state !== 'PENDING' && node.state !== 'SKIPPED',
  )
  if (reached.length === 0) return null
  return (
    <ul className="max-h-52 divide-y divide-line overflow-y-auto rounded-md border border-line">
      {reached.map(([id, node]) => (
        <li key={id}>
          <button
            type="button"
            onClick={() => editor.goTo([id])}
            className="flex w-full items-center gap-2 px-2.5 py-1.5 text-left text-xs hover:bg-raised focus-visible:-outline-offset-2"
          >
            <StateIcon state={node.state} size={13} />
            <span className="sr-only">{node.state.toLowerCase()}:</span>
            <span className="min-w-0 flex-1 truncate">{titleIn(editor.definition, id)}</span>
            <span className="text-ink-faint">
              <Took from={node.started_at} to={node.finished_at} none="" />
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}
