/**
 * A list to choose from by typing: a search field over groups, for the quick ways of the keyboard. The field keeps the
 * focus; arrows move the mark, Enter takes it, Escape goes back to where one was.
 */
import * as Radix from '@radix-ui/react-dialog'
import { useId, useState, type KeyboardEvent, type ReactNode } from 'react'

export interface Choice {
  key: string
  label: string
  detail?: string
  picture?: ReactNode
}

export interface ChoiceGroup {
  title: string
  choices: readonly Choice[]
}

interface Props {
  title: string
  placeholder: string
  /** The groups that a search leaves. */
  groups: (search: string) => readonly ChoiceGroup[]
  /** What is said when nothing is left. */
  none: string
  onPick: (key: string) => void
  onClose: () => void
}

export function Picker(props: Props) {
  return (
    <Radix.Root open onOpenChange={(open) => !open && props.onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/25" />
        <Radix.Content
          aria-describedby={undefined}
          onCloseAutoFocus={backToCanvas}
          className="appearing fixed inset-x-3 top-[12vh] z-50 mx-auto flex max-h-[min(70vh,460px)] max-w-md flex-col overflow-hidden rounded-xl border border-line bg-panel shadow-float"
        >
          <Radix.Title className="sr-only">{props.title}</Radix.Title>
          <List {...props} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** The keys of the canvas go on working after a choice. */
function backToCanvas(event: Event): void {
  const canvas = document.querySelector<HTMLElement>('section[aria-label="Canvas"]')
  if (!canvas) return
  event.preventDefault()
  const card = canvas.querySelector<HTMLElement>('.react-flow__node.selected')
  ;(card ?? canvas).focus({ preventScroll: true })
}

function List({ title, placeholder, groups, none, onPick }: Props) {
  const [search, setSearch] = useState('')
  const [marked, mark] = useState(0)
  const id = useId()
  const shown = groups(search)
  const all = shown.flatMap(({ choices }) => choices)
  const at = Math.min(marked, all.length - 1)
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') mark(Math.min(at + 1, all.length - 1))
    else if (event.key === 'ArrowUp') mark(Math.max(at - 1, 0))
    else if (event.key === 'Enter') {
      const choice = all[at]
      if (choice) onPick(choice.key)
    } else return
    event.preventDefault()
  }
  return (
    <>
      <input
        role="combobox"
        aria-label={title}
        aria-expanded
        aria-controls={id}
        aria-activedescendant={all[at] ? `${id}-${at}` : undefined}
        autoFocus
        value={search}
        placeholder={placeholder}
        onChange={(event) => {
          setSearch(event.target.value)
          mark(0)
        }}
        onKeyDown={onKey}
        className="h-11 shrink-0 border-b border-line bg-transparent px-4 text-sm outline-none"
      />
      <div id={id} role="listbox" aria-label={title} className="min-h-0 flex-1 overflow-y-auto p-1.5">
        {shown.map((group) => (
          <Group key={group.title} group={group} all={all} at={at} id={id} mark={mark} onPick={onPick} />
        ))}
        {all.length === 0 && <p className="px-3 py-6 text-center text-ink-faint">{none}</p>}
      </div>
    </>
  )
}

interface GroupProps {
  group: ChoiceGroup
  all: readonly Choice[]
  at: number
  id: string
  mark: (at: number) => void
  onPick: (key: string) => void
}

function Group({ group, all, at, id, mark, onPick }: GroupProps) {
  return (
    <div role="group" aria-label={group.title}>
      <div aria-hidden className="px-2 pt-2 pb-1 text-[11px] font-medium text-ink-faint">
        {group.title}
      </div>
      {group.choices.map((choice) => {
        const index = all.indexOf(choice)
        return (
          <div
            key={choice.key}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            ref={(element) => {
              if (index === at) element?.scrollIntoView({ block: 'nearest' })
            }}
            onPointerMove={() => mark(index)}
            onClick={() => onPick(choice.key)}
            className="flex cursor-pointer items-center gap-2.5 rounded-md px-2 py-1.5 aria-selected:bg-raised"
          >
            {choice.picture}
            <span className="shrink-0">{choice.label}</span>
            <span className="min-w-0 truncate text-xs text-ink-faint">{choice.detail}</span>
          </div>
        )
      })}
    </div>
  )
}
