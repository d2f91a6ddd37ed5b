/**
 * The document as YAML, edited both ways: what is typed is the document as soon as it can be read, and what is changed
 * elsewhere is brought into the text. Comments stay while the page is open; the server keeps none.
 */
import { useEffect, useEffectEvent, useMemo, useState } from 'react'

import { Button } from '../../ui/Button'
import { plural } from '../../ui/format'
import { YamlEditor } from '../../ui/code/YamlEditor'
import type { YamlPaneProps } from '../contract'
import { marksOf } from './marks'
import { documentOf, followed, gave, opened, rested, toGive, typed, type Pane } from './pane'

/** Up to here a text is read with each key; longer ones after a rest. */
const SHORT = 30_000
const REST = 250
/** The last text of each saved workflow, for its comments: the pane comes and goes. */
const kept = new Map<string, string>()

export function YamlPane({ editor }: YamlPaneProps) {
  const { definition, saved } = editor
  const [pane, set] = useState(() => opened(definition, saved === null ? undefined : kept.get(saved)))
  if (pane.document !== definition) set(followed(pane, definition))
  const give = (next: Pane) => {
    const document = toGive(next)
    set(document ? gave(next, document) : next)
    if (document) editor.change(document, 'Edit the YAML', 'yaml')
  }
  useRest(pane, () => give(rested(pane)))
  useEffect(() => {
    if (saved !== null && documentOf(pane)) kept.set(saved, pane.text)
  }, [saved, pane])
  const marks = useMemo(
    () => (pane.read ? marksOf(pane.text, pane.read, editor.problems) : []),
    [pane.text, pane.read, editor.problems],
  )
  return (
    <section aria-label="YAML" className="flex h-full min-h-0 flex-col">
      {pane.torn && (
        <Torn
          readable={documentOf(pane) !== null}
          onText={() => give({ ...pane, torn: false })}
          onDocument={() => set(opened(definition, undefined))}
        />
      )}
      <YamlEditor
        label="The workflow as YAML"
        value={pane.text}
        marks={marks}
        onChange={(text) => give(typed(pane, text, text.length <= SHORT))}
        className="min-h-0 flex-1 overflow-auto rounded-none border-0 shadow-none"
      />
      <Foot pane={pane} problems={editor.problems.length} />
    </section>
  )
}

/** A long text is read once it rests, and at the latest when the pane goes. */
function useRest(pane: Pane, read: () => void) {
  const pending = pane.read === null
  const act = useEffectEvent(read)
  useEffect(() => {
    if (!pending) return
    const timer = setTimeout(() => act(), REST)
    return () => clearTimeout(timer)
  }, [pending, pane.text])
}

interface TornProps {
  readable: boolean
  onText: () => void
  onDocument: () => void
}

function Torn({ readable, onText, onDocument }: TornProps) {
  return (
    <div
      role="alert"
      data-tone="waiting"
      className="space-y-2 border-b border-line bg-tone-soft px-3 py-2 text-xs"
    >
      <p className="text-tone">
        The workflow was changed elsewhere while this text couldn’t be read. Only one of the two can stay.
      </p>
      <div className="flex flex-wrap gap-2">
        <Button onClick={onDocument}>Take the workflow</Button>
        <Button disabled={!readable} onClick={onText} title={readable ? '' : 'Mend the text first'}>
          Keep this text
        </Button>
      </div>
    </div>
  )
}

function Foot({ pane, problems }: { pane: Pane; problems: number }) {
  const [first] = pane.read?.problems ?? []
  const odd = pane.read !== null && !first && documentOf(pane) === null
  return (
    <div
      role="status"
      className="flex min-h-8 shrink-0 items-center gap-2 border-t border-line px-3 py-1 text-xs text-ink-faint"
    >
      {first ? (
        <span className="min-w-0 break-words text-[var(--failure-text)]">
          Line {first.line}, column {first.column}: {first.message}
        </span>
      ) : odd ? (
        <span className="text-[var(--failure-text)]">A workflow is a mapping with nodes and edges.</span>
      ) : (
        <>
          <span>{problems > 0 ? plural(problems, 'problem') : 'In step with the canvas'}</span>
          <span className="ml-auto" title="The server keeps the workflow, not its text">
            Comments aren’t saved
          </span>
        </>
      )}
    </div>
  )
}
