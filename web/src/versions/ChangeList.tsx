/** The changes between two versions, place by place, with the value before and after; long ones scroll in themselves. */
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { versionsDiffQuery } from '../api/versions'
import type { Json } from '../api/types'
import { writeJson } from '../api/exactJson'
import { Button } from '../ui/Button'
import { plural } from '../ui/format'
import { ErrorState, Skeleton } from '../ui/states'
import { changesOf, shortened, type Change } from './changes'
import { FateTag, fateOf } from './Fate'

interface Props {
  name: string
  from: number
  to: number
  /** Only what belongs to this node. */
  node: string | undefined
  onAll: () => void
}

export function ChangeList({ name, from, to, node, onAll }: Props) {
  const diff = useQuery(versionsDiffQuery(name, from, to))
  if (diff.isPending) return <Skeleton rows={3} />
  if (diff.isError) return <ErrorState error={diff.error} retry={() => void diff.refetch()} />
  const { shown, moved } = shortened(diff.data.changes)
  const chosen = changesOf(shown, node)
  return (
    <>
      {node !== undefined && (
        <p className="flex items-center justify-between gap-3 border-b border-line py-1.5 pr-2 pl-4 text-xs text-ink-soft">
          <span>
            Only changes of <code className="font-mono">{node}</code>
          </span>
          <Button look="quiet" onClick={onAll}>
            Show all
          </Button>
        </p>
      )}
      <ul className="divide-y divide-line">
        {chosen.map((change) => (
          <Row key={change.path + change.op} change={change} />
        ))}
        {moved.length > 0 && node === undefined && (
          <li className="px-4 py-2 text-xs text-ink-soft">
            {plural(moved.length, 'node')} moved on the canvas: {moved.join(', ')}
          </li>
        )}
      </ul>
      {chosen.length === 0 && (moved.length === 0 || node !== undefined) && (
        <p className="px-4 py-4 text-ink-soft">
          {node === undefined ? 'The two versions are the same.' : 'This node is the same in both versions.'}
        </p>
      )}
    </>
  )
}

function Row({ change }: { change: Change }) {
  return (
    <li className="space-y-1.5 px-4 py-2.5">
      <div className="flex items-start gap-2">
        <FateTag fate={fateOf(change.op)} />
        <code className="min-w-0 font-mono text-xs leading-[18px] font-medium break-all">{change.path}</code>
      </div>
      {(change.before !== undefined || change.after !== undefined) && (
        <div className="grid gap-1.5 lg:grid-cols-2">
          {change.before !== undefined && <Side tone="failure" word="Before" value={change.before} />}
          {change.after !== undefined && <Side tone="success" word="After" value={change.after} />}
        </div>
      )}
    </li>
  )
}

function Side({ tone, word, value }: { tone: string; word: string; value: Json }): ReactNode {
  return (
    <pre
      tabIndex={0}
      role="group"
      aria-label={word}
      data-tone={tone}
      className="max-h-48 min-w-0 overflow-auto rounded-md bg-tone-soft px-2.5 py-1.5 font-mono text-xs break-words whitespace-pre-wrap text-ink"
    >
      {typeof value === 'string' ? value || '""' : writeJson(value, 2)}
    </pre>
  )
}
