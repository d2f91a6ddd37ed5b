/** One entry, with all that it holds and its place in the chain. */
import { X } from 'lucide-react'
import type { ReactNode } from 'react'

import type { AuditEntry } from '../api/audit'
import { CopyButton } from '../ui/CopyButton'
import { absolute } from '../ui/format'
import { IconButton } from '../ui/IconButton'
import { JsonTree } from '../ui/JsonTree'
import { Panel } from '../ui/Page'
import { actorName } from './AuditTable'
import { OUTCOME } from './outcomes'

export function EntryView({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const { actor, outcome } = entry
  return (
    <Panel title={`Entry ${entry.seq}`} aside={<IconButton label="Close" Icon={X} onClick={onClose} />}>
      <dl className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-x-3 gap-y-1.5 p-4">
        <Fact name="When">{absolute(entry.at)}</Fact>
        <Fact name="Who">
          {actorName(entry)} <span className="text-ink-faint">({actor.kind})</span>
          {actor.id && <Code text={actor.id} label="Copy the id" />}
        </Fact>
        <Fact name="What">
          <code className="font-mono text-xs">{entry.action}</code>
        </Fact>
        <Fact name="To what">
          {entry.target ? <Code text={entry.target} label="Copy the target" /> : '–'}
        </Fact>
        <Fact name="Outcome">
          {OUTCOME[outcome].label}
          <span className="block text-xs text-ink-soft">{OUTCOME[outcome].means}</span>
        </Fact>
        <Fact name="From">{entry.address || '–'}</Fact>
        <Fact name="Correlation">
          {entry.correlation_id ? <Code text={entry.correlation_id} label="Copy the correlation id" /> : '–'}
        </Fact>
        <Fact name="Hash">
          <Code text={entry.hash} label="Copy the hash" />
        </Fact>
      </dl>
      {Object.keys(entry.detail).length > 0 && (
        <div className="border-t border-line p-4">
          <JsonTree value={entry.detail} label="Detail" />
        </div>
      )}
    </Panel>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-faint">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  )
}

function Code({ text, label }: { text: string; label: string }) {
  return (
    <span className="flex items-start gap-1">
      <code className="min-w-0 font-mono text-xs leading-5 break-all">{text}</code>
      <CopyButton text={text} label={label} />
    </span>
  )
}
