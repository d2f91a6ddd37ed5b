/**
 * The command palette: type to find, arrows and Enter to go.
 *
 * A combobox over a list in groups; the focus stays in the field, the list's current entry is told by
 * `aria-activedescendant`. What is found comes from `useCommands`.
 */
import * as Radix from '@radix-ui/react-dialog'
import { Search } from 'lucide-react'
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react'

import type { Command } from './commands'
import { Keys } from './Keys'
import { useCommands } from './useCommands'

interface Props {
  onClose: () => void
  onHelp: () => void
}

export function Palette({ onClose, onHelp }: Props) {
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Radix.Content
          aria-describedby={undefined}
          className="appearing fixed inset-x-3 top-[12vh] z-50 mx-auto flex max-h-[70vh] max-w-xl flex-col overflow-hidden rounded-xl border border-line bg-panel shadow-float"
        >
          <Radix.Title className="sr-only">Command palette</Radix.Title>
          <Finder onClose={onClose} onHelp={onHelp} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

function Finder({ onClose, onHelp }: Props) {
  const id = useId()
  const [typed, type] = useState('')
  const [at, move] = useState(0)
  const { commands, looking } = useCommands(typed, onHelp)
  const current = Math.min(at, commands.length - 1)
  const choose = (command: Command | undefined) => {
    if (!command) return
    onClose()
    command.run()
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    const next = moved(event, current, commands.length)
    if (next !== null) move(next)
    else if (event.key === 'Enter') choose(commands[current])
    else return
    event.preventDefault()
  }
  return (
    <>
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search size={15} aria-hidden className="shrink-0 text-ink-faint" />
        <input
          role="combobox"
          aria-label="Find a page, workflow, run or action"
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={commands.length > 0 ? `${id}-${current}` : undefined}
          aria-autocomplete="list"
          placeholder="Go to a page, a workflow, an id…"
          spellCheck={false}
          autoComplete="off"
          value={typed}
          onChange={(event) => {
            type(event.target.value)
            move(0)
          }}
          onKeyDown={onKey}
          className="h-12 min-w-0 flex-1 bg-transparent text-sm outline-none"
        />
      </div>
      <List id={id} commands={commands} current={current} onPoint={move} onChoose={choose} />
      {commands.length === 0 && (
        <p role="status" className="px-4 py-8 text-center text-ink-soft">
          {looking ? 'Looking…' : `Nothing is called “${typed.trim()}”.`}
        </p>
      )}
      <Foot />
    </>
  )
}

function moved(event: KeyboardEvent, current: number, count: number): number | null {
  if (count === 0) return null
  if (event.key === 'ArrowDown') return (current + 1) % count
  if (event.key === 'ArrowUp') return (current - 1 + count) % count
  return null
}

interface ListProps {
  id: string
  commands: readonly Command[]
  current: number
  onPoint: (index: number) => void
  onChoose: (command: Command) => void
}

function List({ id, commands, current, onPoint, onChoose }: ListProps) {
  const groups = [...new Set(commands.map((command) => command.group))]
  return (
    <div id={`${id}-list`} role="listbox" aria-label="Found" className="min-h-0 overflow-y-auto p-1.5">
      {groups.map((group) => (
        <div key={group} role="group" aria-label={group}>
          <div aria-hidden className="px-2.5 pt-2 pb-1 text-[11px] font-medium text-ink-faint">
            {group}
          </div>
          {commands.map((command, index) =>
            command.group === group ? (
              <Entry
                key={command.key}
                id={`${id}-${index}`}
                command={command}
                current={index === current}
                onPoint={() => onPoint(index)}
                onChoose={() => onChoose(command)}
              />
            ) : null,
          )}
        </div>
      ))}
    </div>
  )
}

interface EntryProps {
  id: string
  command: Command
  current: boolean
  onPoint: () => void
  onChoose: () => void
}

function Entry({ id, command, current, onPoint, onChoose }: EntryProps) {
  const { Icon } = command
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (current) place.current?.scrollIntoView({ block: 'nearest' })
  }, [current])
  return (
    <div
      id={id}
      ref={place}
      role="option"
      aria-selected={current}
      onMouseMove={onPoint}
      onClick={onChoose}
      className="flex h-8 cursor-pointer items-center gap-2.5 rounded-md px-2.5 aria-selected:bg-raised"
    >
      <Icon size={15} aria-hidden className="shrink-0 text-ink-faint" />
      <span className="min-w-0 flex-1 truncate">{command.title}</span>
      {command.aside && <span className="shrink-0 text-xs text-ink-faint">{command.aside}</span>}
      {command.keys && <Keys keys={command.keys} />}
    </div>
  )
}

function Foot() {
  return (
    <div className="flex flex-wrap gap-x-4 gap-y-1 border-t border-line px-4 py-2 text-xs text-ink-faint max-sm:hidden">
      <span className="inline-flex items-center gap-1.5">
        <Keys keys={['↑', '↓']} /> choose
      </span>
      <span className="inline-flex items-center gap-1.5">
        <Keys keys={['Enter']} /> go
      </span>
      <span className="inline-flex items-center gap-1.5">
        <Keys keys={['Esc']} /> close
      </span>
    </div>
  )
}
