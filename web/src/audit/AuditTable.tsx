/** The entries, newest first; each opens beside the list. */
import type { AuditEntry } from '../api/audit'
import { Ago } from '../ui/Ago'
import { shortId } from '../ui/format'
import { Cell, Row, Table, type Column } from '../ui/Table'
import { Tag } from '../ui/Tag'
import { OUTCOME } from './outcomes'

const COLUMNS: readonly Column[] = [
  { key: 'at', title: 'When', width: '100px' },
  { key: 'actor', title: 'Who', width: '200px' },
  { key: 'action', title: 'What' },
  { key: 'target', title: 'To what' },
  { key: 'outcome', title: 'How it came out', width: '130px' },
]

interface Props {
  entries: readonly AuditEntry[]
  /** The number of the one that is open. */
  opened: number | null
  onOpen: (entry: AuditEntry) => void
}

export function AuditTable({ entries, opened, onOpen }: Props) {
  return (
    <Table label="Entries" columns={COLUMNS}>
      {entries.map((entry) => (
        <Row key={entry.seq} aria-selected={entry.seq === opened}>
          <Cell className="text-ink-soft">
            <Ago at={entry.at} />
          </Cell>
          <Cell>
            <span className="block max-w-48 truncate" title={actorName(entry)}>
              {actorName(entry)}
            </span>
          </Cell>
          <Cell>
            <button
              type="button"
              aria-label={`Entry ${entry.seq}: ${entry.action}`}
              onClick={() => onOpen(entry)}
              className="rounded text-left font-mono text-xs font-medium break-words hover:underline"
            >
              {entry.action}
            </button>
          </Cell>
          <Cell className="font-mono text-xs text-ink-soft">
            <span className="block max-w-56 truncate" title={entry.target}>
              {briefTarget(entry.target) || '–'}
            </span>
          </Cell>
          <Cell>
            <Tag tone={OUTCOME[entry.outcome].tone}>{OUTCOME[entry.outcome].label}</Tag>
          </Cell>
        </Row>
      ))}
    </Table>
  )
}

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** Ids as they are shown elsewhere: the whole of it is in the entry. */
function briefTarget(target: string): string {
  return target.replace(ID, shortId)
}

export function actorName({ actor }: AuditEntry): string {
  if (actor.kind === 'local') return 'Local user'
  if (actor.kind === 'key' || actor.kind === 'store') return `${actor.kind} ${actor.name}`
  return actor.name || { nobody: 'Nobody known', engine: 'Holdfast itself' }[actor.kind] || actor.id
}
