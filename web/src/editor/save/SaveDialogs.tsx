/** What a save has to ask: a message, a name, whose version counts, and what becomes of unsaved work when one leaves. */
import { useBlocker } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'

import { Ago } from '../../ui/Ago'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { Labelled, TextArea, TextInput } from '../../ui/inputs'
import { isDirty, open, present } from '../session'
import { useTools } from '../tools'
import type { Trouble } from './useSave'

export function SaveDialogs() {
  const { saving } = useTools()
  const { trouble } = saving
  return (
    <>
      <Leaving />
      {trouble?.what === 'message' && <Message />}
      {trouble?.what === 'name' && <Name fault={trouble.message} />}
      {trouble?.what === 'conflict' && <Conflict theirs={trouble.theirs} />}
    </>
  )
}

interface AskProps {
  title: string
  description: string
  onClose: () => void
  onSubmit: () => void
  children: ReactNode
  buttons: ReactNode
}

function Ask({ title, description, onClose, onSubmit, children, buttons }: AskProps) {
  return (
    <Dialog open onOpenChange={(shown) => !shown && onClose()} title={title} description={description}>
      <form
        className="space-y-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          onSubmit()
        }}
      >
        {children}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Never mind</Button>
          {buttons}
        </div>
      </form>
    </Dialog>
  )
}

function Message() {
  const { saving } = useTools()
  const [message, setMessage] = useState('')
  const submit = () => void saving.save({ message: message.trim() })
  return (
    <Ask
      title="Save with a message"
      description="It is kept with the version, for its history."
      onClose={() => saving.tell(null)}
      onSubmit={submit}
      buttons={
        <Button type="submit" look="primary" busy={saving.busy}>
          Save
        </Button>
      }
    >
      <Labelled label="What changed, and why">
        {(wiring) => (
          <TextArea
            {...wiring}
            autoFocus
            rows={3}
            maxLength={1_000}
            value={message}
            onChange={(event) => setMessage(event.target.value)}
          />
        )}
      </Labelled>
    </Ask>
  )
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/

function Name({ fault }: { fault: string }) {
  const { saving, session, editor } = useTools()
  const definition = present(session)
  const [name, setName] = useState(definition.name)
  const [tried, setTried] = useState(definition.name)
  const rule = NAME.test(name) ? null : '1 to 100 letters, digits, _ or -, beginning with a letter or digit.'
  const error = rule ?? (name === tried ? fault : null)
  const submit = () => {
    if (rule) return
    setTried(name)
    const named = { ...definition, name }
    if (name !== definition.name) editor.change(named, 'Name')
    void saving.save({ definition: named })
  }
  return (
    <Ask
      title={session.saved ? 'Rename the workflow' : 'Name of the workflow'}
      description="It stands in addresses and in the API. The title is free."
      onClose={() => saving.tell(null)}
      onSubmit={submit}
      buttons={
        <Button type="submit" look="primary" busy={saving.busy} disabled={rule !== null}>
          {session.saved ? 'Rename and save' : 'Save'}
        </Button>
      }
    >
      <Labelled label="Name" error={error}>
        {(wiring) => (
          <TextInput
            {...wiring}
            autoFocus
            value={name}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Labelled>
    </Ask>
  )
}

function Conflict({ theirs }: { theirs: Extract<Trouble, { what: 'conflict' }>['theirs'] }) {
  const { saving, act } = useTools()
  const takeTheirs = () => {
    act(() => open(theirs))
    saving.tell(null)
  }
  return (
    <Ask
      title={`Version ${theirs.version} was saved meanwhile`}
      description="Somebody else, or another tab, saved this workflow while you edited it."
      onClose={() => saving.tell(null)}
      onSubmit={() => void saving.save({ after: theirs.version })}
      buttons={
        <>
          <Button look="danger" onClick={takeTheirs}>
            Discard mine, load theirs
          </Button>
          <Button type="submit" look="primary" busy={saving.busy}>
            Save mine as version {theirs.version + 1}
          </Button>
        </>
      }
    >
      <p className="text-ink-soft">
        Nothing was written.{' '}
        {theirs.updated_at && (
          <>
            Theirs was saved <Ago at={theirs.updated_at} />.{' '}
          </>
        )}
        Every version stays in the history, whichever comes last.
      </p>
    </Ask>
  )
}

function Leaving() {
  const { session } = useTools()
  const dirty = isDirty(session)
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  })
  if (status !== 'blocked') return null
  return (
    <Ask
      title="Leave without saving?"
      description="What you changed since the last save would be lost."
      onClose={reset}
      onSubmit={reset}
      buttons={
        <Button look="danger" onClick={proceed}>
          Leave
        </Button>
      }
    >
      {null}
    </Ask>
  )
}
