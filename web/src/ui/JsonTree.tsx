/**
 * A JSON value as a tree that folds. Every value is a text node: what users sent is never HTML.
 *
 * Large values stay usable: only what is open is built, long lists are shown in parts of `PART` entries, long texts are
 * cut until asked for.
 */
import { ChevronRight } from 'lucide-react'
import { useState, type ReactNode } from 'react'

import type { Json } from '../api/types'
import { CopyButton } from './CopyButton'
import { plural } from './format'

const PART = 100
const LONG_TEXT = 600
const OPEN_DEPTH = 2
const NONE: readonly string[] = []

interface Props {
  value: Json
  label: string
  /** Fields that begin folded: long, and seldom what is looked for. */
  folded?: readonly string[]
}

export function JsonTree({ value, label, folded = NONE }: Props) {
  return (
    <div className="relative rounded-md border border-line bg-page">
      <div className="absolute top-1 right-1">
        <CopyButton text={JSON.stringify(value, null, 2)} label={`Copy ${label}`} />
      </div>
      <div className="max-h-80 overflow-auto py-2 pr-8 pl-2 font-mono text-xs leading-5">
        <Entry value={value} depth={0} folded={folded} />
      </div>
    </div>
  )
}

interface EntryProps {
  name?: string
  value: Json
  depth: number
  folded: readonly string[]
}

function Entry({ name, value, depth, folded }: EntryProps) {
  if (typeof value === 'object' && value !== null) {
    return <Branch name={name} value={value} depth={depth} folded={folded} />
  }
  return (
    <div className="pl-4 break-words whitespace-pre-wrap">
      <Name name={name} />
      <Leaf value={value} />
    </div>
  )
}

function Name({ name }: { name: string | undefined }) {
  return name === undefined ? null : <span className="whitespace-pre-wrap text-ink-soft">{name}: </span>
}

interface BranchProps {
  name: string | undefined
  value: object
  depth: number
  folded: readonly string[]
}

function Branch({ name, value, depth, folded }: BranchProps) {
  const [open, setOpen] = useState(depth < OPEN_DEPTH && !(name !== undefined && folded.includes(name)))
  const [shown, setShown] = useState(PART)
  const list = Array.isArray(value)
  const entries = Object.entries(value) as [string, Json][]
  const size = list ? plural(entries.length, 'item') : plural(entries.length, 'field')
  if (entries.length === 0) {
    return (
      <div className="pl-4">
        <Name name={name} />
        <span className="text-ink-faint">{list ? '[]' : '{}'}</span>
      </div>
    )
  }
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex items-center rounded text-left hover:bg-raised"
      >
        <ChevronRight
          size={12}
          aria-hidden
          className={`mr-1 shrink-0 text-ink-faint ${open ? 'rotate-90' : ''}`}
        />
        <Name name={name} />
        <span className="text-ink-faint">{list ? `[${size}]` : `{${size}}`}</span>
      </button>
      {open && (
        <div className="ml-1.5 border-l border-line pl-2">
          {entries.slice(0, shown).map(([key, item]) => (
            <Entry key={key} name={key} value={item} depth={depth + 1} folded={folded} />
          ))}
          {entries.length > shown && (
            <More onClick={() => setShown(shown + PART)}>{entries.length - shown} more</More>
          )}
        </div>
      )}
    </div>
  )
}

function Leaf({ value }: { value: string | number | boolean | null }) {
  const [whole, setWhole] = useState(false)
  if (typeof value !== 'string') return <span className="text-[var(--queued-text)]">{String(value)}</span>
  const cut = value.length > LONG_TEXT && !whole
  return (
    <>
      <span className="text-[var(--success-text)]">
        {JSON.stringify(cut ? value.slice(0, LONG_TEXT) : value)}
      </span>
      {cut && <More onClick={() => setWhole(true)}>{value.length - LONG_TEXT} more characters</More>}
    </>
  )
}

function More({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" onClick={onClick} className="ml-4 rounded text-accent hover:underline">
      … {children}
    </button>
  )
}
