/** The inspector of one node: what it is called, the parameters of its kind, and how it behaves. */
import { useRef, useState } from 'react'

import type { Json, NodeDefinition } from '../api/types'
import type { NodeFormProps } from '../editor/contract'
import { withNode } from '../graph/edit/document'
import { Labelled, TextArea, TextInput } from '../ui/inputs'
import { Behaviour } from './Behaviour'
import { Fold } from './Fold'
import { Told } from './Frame'
import { IdField } from './IdField'
import { BEHAVIOUR_KEYS, behaviourNote } from './nodeSchema'
import { ParamsForm } from './ParamsForm'
import { below, isUnder, messagesUnder, problemsAt, problemsUnder } from './paths'
import { withKey, type Place } from './place'
import { SurroundingsContext, type Surroundings } from './surroundings'
import { useFocusField } from './useFocusField'
import { useNodeSurroundings } from './useNodeSurroundings'

export function NodeForm(props: NodeFormProps) {
  const [renamed, setRenamed] = useState<string | null>(null)
  const { editor, nodePath, focus } = props
  const { place, surroundings } = useNodeSurroundings(editor, nodePath, focus ?? null)
  const rename = (id: string) => {
    const refused = props.rename(id)
    if (refused === null) setRenamed(id)
    return refused
  }
  if (!place) return <p className="px-3 py-4 text-ink-soft">This node is gone.</p>
  return (
    <Form
      key={nodePath.join('/')}
      {...{ editor, nodePath, place, surroundings, rename }}
      focus={focus === undefined ? null : below(place.path, focus)}
      renamed={renamed === place.node.id}
    />
  )
}

interface FormProps {
  editor: NodeFormProps['editor']
  nodePath: readonly string[]
  place: Place
  surroundings: Surroundings
  /** The whole path of the field that was gone to. */
  focus: string | null
  rename: (id: string) => string | null
  renamed: boolean
}

function Form({ editor, nodePath, place, surroundings, focus, rename, renamed }: FormProps) {
  const form = useRef<HTMLDivElement>(null)
  useFocusField(form, focus)
  const { node, path } = place
  const kind = editor.kinds.get(node.type)
  const replace = (next: NodeDefinition, at: string) =>
    editor.change(
      withNode(editor.definition, nodePath, () => next),
      `Change ${node.id}`,
      at,
    )
  const set = (key: string, value: Json | undefined, at: string) => replace(withKey(node, key, value), at)
  const wanted = [...BEHAVIOUR_KEYS, 'when'].some((key) => {
    const at = below(path, key)
    return (focus !== null && isUnder(focus, at)) || problemsUnder(editor.problems, at).length > 0
  })
  return (
    <SurroundingsContext value={{ ...surroundings, focus }}>
      <div ref={form} className="divide-y divide-line">
        <div className="space-y-3 px-3 py-3">
          <Told messages={problemsAt(editor.problems, path).map(({ message }) => message)} />
          <Names {...{ editor, place, set, rename, renamed }} />
        </div>
        <section className="px-3 py-3" aria-label="Parameters" data-path={below(path, 'params')}>
          {!kind && (
            <p data-tone="waiting" className="mb-2 text-xs text-tone">
              This server knows no kind “{node.type}”.
            </p>
          )}
          <ParamsForm
            kind={kind}
            value={node.params ?? {}}
            path={below(path, 'params')}
            onChange={(next, at) => set('params', next, at)}
          />
        </section>
        <Fold title="Behaviour" note={behaviourNote(node)} wanted={wanted}>
          <Behaviour place={place} kind={kind} onChange={set} replace={replace} />
        </Fold>
      </div>
    </SurroundingsContext>
  )
}

interface NamesProps {
  editor: NodeFormProps['editor']
  place: Place
  set: (key: string, value: Json | undefined, at: string) => void
  rename: (id: string) => string | null
  renamed: boolean
}

function Names({ editor, place, set, rename, renamed }: NamesProps) {
  const { node, path } = place
  const [noting, note] = useState(false)
  const told = (key: string) => messagesUnder(editor.problems, below(path, key))
  const give = (key: 'title' | 'notes', text: string) => set(key, text || undefined, below(path, key))
  return (
    <>
      <div className="grid grid-cols-2 gap-2">
        <div data-path={below(path, 'title')}>
          <Labelled label="Title" error={told('title').join(' · ')}>
            {(wiring) => (
              <TextInput
                {...wiring}
                value={node.title ?? ''}
                placeholder={node.id}
                onChange={({ target }) => give('title', target.value)}
              />
            )}
          </Labelled>
        </div>
        <IdField
          id={node.id}
          path={below(path, 'id')}
          messages={told('id')}
          focused={renamed}
          rename={rename}
        />
      </div>
      {node.notes === undefined && !noting ? (
        <button
          type="button"
          onClick={() => note(true)}
          className="rounded text-xs text-ink-faint hover:text-ink hover:underline"
        >
          Add notes
        </button>
      ) : (
        <div data-path={below(path, 'notes')}>
          <Labelled label="Notes" error={told('notes').join(' · ')}>
            {(wiring) => (
              <TextArea
                {...wiring}
                rows={2}
                autoFocus={noting}
                value={node.notes ?? ''}
                onChange={({ target }) => give('notes', target.value)}
              />
            )}
          </Labelled>
        </div>
      )}
    </>
  )
}
