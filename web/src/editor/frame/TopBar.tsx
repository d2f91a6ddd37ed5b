/** The thin bar above: back, the title, whether it is saved, undo and redo, test, save, and the rest in a menu. */
import { Link } from '@tanstack/react-router'
import { ArrowLeft, FlaskConical, PanelLeftOpen, Redo2, Undo2 } from 'lucide-react'

import { redoLabel, undoLabel } from '../../graph/edit/history'
import { Button } from '../../ui/Button'
import { titled } from '../blank'
import { changed, isDirty, present, redone, undone } from '../session'
import { useTools } from '../tools'
import { IconButton } from './IconButton'
import { MoreMenu } from './MoreMenu'
import { SaveButton } from './SaveButton'

export function TopBar() {
  const { session, act, look, looks, narrow } = useTools()
  const undoing = undoLabel(session.history)
  const redoing = redoLabel(session.history)
  return (
    <header className="flex h-11 shrink-0 items-center gap-1 border-b border-line bg-panel px-2">
      <Back />
      {!looks.palette && !narrow && (
        <IconButton label="Show the palette" Icon={PanelLeftOpen} onClick={() => look({ palette: true })} />
      )}
      <Title />
      <div className="ml-auto flex shrink-0 items-center gap-1">
        <IconButton
          label="Undo"
          {...(undoing !== undefined && { keys: undoing })}
          Icon={Undo2}
          disabled={undoing === undefined}
          onClick={() => act(undone)}
        />
        <IconButton
          label="Redo"
          {...(redoing !== undefined && { keys: redoing })}
          Icon={Redo2}
          disabled={redoing === undefined}
          onClick={() => act(redone)}
        />
        <span aria-hidden className="mx-1 h-5 w-px bg-line max-sm:hidden" />
        <Button
          className="h-7 px-2.5 max-sm:hidden"
          aria-pressed={looks.drawer === 'test'}
          onClick={() => look({ drawer: looks.drawer === 'test' ? null : 'test' })}
        >
          <FlaskConical size={13} aria-hidden /> Test
        </Button>
        <SaveButton />
        <MoreMenu />
      </div>
    </header>
  )
}

function Back() {
  const { session } = useTools()
  const look =
    'inline-flex size-7 shrink-0 items-center justify-center rounded-md text-ink-soft hover:bg-raised hover:text-ink'
  const picture = <ArrowLeft size={15} aria-hidden />
  return session.saved ? (
    <Link
      to="/workflows/$name"
      params={{ name: session.saved.name }}
      aria-label="Back to the workflow"
      className={look}
    >
      {picture}
    </Link>
  ) : (
    <Link to="/" aria-label="Back to the workflows" className={look}>
      {picture}
    </Link>
  )
}

function Title() {
  const { session, act } = useTools()
  const definition = present(session)
  const saved = session.saved
  const rename = (title: string) =>
    act(changed(titled(definition, title, saved?.name ?? null), 'Title', 'title'))
  return (
    <div className="flex min-w-0 items-center gap-2">
      <span className="inline-grid min-w-0">
        <span
          aria-hidden
          className="invisible col-start-1 row-start-1 overflow-hidden px-1.5 font-semibold whitespace-pre"
        >
          {definition.title ?? definition.name}
        </span>
        <input
          aria-label="Workflow title"
          value={definition.title ?? definition.name}
          maxLength={200}
          size={1}
          spellCheck={false}
          onChange={(event) => rename(event.target.value)}
          onKeyDown={(event) =>
            (event.key === 'Enter' || event.key === 'Escape') && event.currentTarget.blur()
          }
          className="col-start-1 row-start-1 h-7 w-full min-w-10 truncate rounded-md bg-transparent px-1.5 font-semibold hover:bg-raised focus-visible:bg-raised focus-visible:outline-offset-0"
        />
      </span>
      {saved && (
        <span className="shrink-0 rounded-full border border-line px-1.5 text-[11px] leading-4.5 text-ink-soft max-sm:hidden">
          v{saved.version}
        </span>
      )}
      <Unsaved dirty={isDirty(session) || !saved} />
    </div>
  )
}

function Unsaved({ dirty }: { dirty: boolean }) {
  return (
    <span role="status" className="inline-flex shrink-0 items-center gap-1.5 text-xs text-ink-faint">
      {dirty && (
        <>
          <span aria-hidden className="size-1.5 rounded-full bg-[var(--waiting-mark)]" />
          <span className="max-sm:sr-only">Unsaved</span>
        </>
      )}
    </span>
  )
}
