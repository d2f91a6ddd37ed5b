/** One trigger of the workflow: its name, what it waits for, and folded below all that can be said of it. */
import { ChevronRight, Trash2 } from 'lucide-react'
import { useMemo, useState } from 'react'

import type { Json, TriggerDefinition } from '../api/types'
import type { EditorState } from '../editor/contract'
import { triggerName, varsName } from '../expressions/scope'
import { Tool } from '../forms/controls/RowTools'
import type { Give } from '../forms/controls/types'
import { FieldView } from '../forms/FieldView'
import { Told } from '../forms/Frame'
import { fieldOf, type Field } from '../forms/model'
import { below, messagesUnder, problemsAt, problemsUnder } from '../forms/paths'
import { isObject, withKey } from '../forms/place'
import { SurroundingsContext, type Surroundings } from '../forms/surroundings'
import { Labelled, TextInput } from '../ui/inputs'
import { TriggerIcon } from '../workflows/TriggerKinds'
import { summaryOf, TRIGGER_TYPES } from './schemas'
import { TriggerFields } from './TriggerFields'
import { Address, WebhookAddress } from './WebhookAddress'

const INPUT: Field = {
  ...fieldOf('input', {}),
  hint: "The run's input, from what the trigger tells. Without it: the webhook's body, the event's data, or {}.",
}

interface Props {
  editor: EditorState
  trigger: TriggerDefinition
  path: string
  url: string | null
  open: boolean
  onToggle: () => void
  onChange: (next: TriggerDefinition, at: string) => void
  onRemove: () => void
}

export function TriggerCard({ editor, trigger, path, url, open, onToggle, onChange, onRemove }: Props) {
  const count = problemsUnder(editor.problems, path).length
  const title = TRIGGER_TYPES.find(({ type }) => type === trigger.type)?.title ?? trigger.type
  return (
    <li className="overflow-hidden rounded-lg border border-line bg-panel">
      <div className="flex items-center gap-1 pr-1.5">
        <button
          type="button"
          aria-expanded={open}
          onClick={onToggle}
          className="flex h-9 min-w-0 flex-1 items-center gap-2 px-2.5 text-left hover:bg-raised"
        >
          <ChevronRight size={13} aria-hidden className={`text-ink-faint ${open ? 'rotate-90' : ''}`} />
          <TriggerIcon type={trigger.type} size={14} />
          <span className="shrink-0 font-medium">{trigger.id}</span>
          <span className="min-w-0 flex-1 truncate text-xs text-ink-faint">
            {title}
            {summaryOf(trigger) && ` · ${summaryOf(trigger)}`}
          </span>
          {count > 0 && (
            <span data-tone="failure" className="rounded-full bg-tone-soft px-1.5 text-[11px] text-tone">
              {count}
              <span className="sr-only"> problems</span>
            </span>
          )}
        </button>
        <Tool Icon={Trash2} label={`Remove ${trigger.id}`} onClick={onRemove} />
      </div>
      {!open && trigger.type === 'webhook' && url !== null && (
        <div className="px-2.5 pb-2.5">
          <Address url={url} />
        </div>
      )}
      {open && (
        <div className="space-y-3 border-t border-line p-3">
          <Told messages={problemsAt(editor.problems, path).map(({ message }) => message)} />
          <TriggerId {...{ editor, trigger, path, onChange }} />
          {trigger.type === 'webhook' && <WebhookAddress trigger={trigger} url={url} dirty={editor.dirty} />}
          <Parts {...{ editor, trigger, path, onChange }} />
        </div>
      )}
    </li>
  )
}

type PartProps = Pick<Props, 'editor' | 'trigger' | 'path' | 'onChange'>

function TriggerId({ editor, trigger, path, onChange }: PartProps) {
  const at = below(path, 'id')
  const [typed, type] = useState<string | null>(null)
  const commit = () => {
    if (typed !== null && typed !== trigger.id) onChange({ ...trigger, id: typed }, at)
    type(null)
  }
  return (
    <div data-path={at}>
      <Labelled
        label="ID"
        error={messagesUnder(editor.problems, at).join(' · ')}
        hint={
          trigger.type === 'webhook' && typed !== null
            ? 'Its address belongs to this id: another one gets another address.'
            : undefined
        }
      >
        {(wiring) => (
          <TextInput
            {...wiring}
            className="font-mono text-xs"
            value={typed ?? trigger.id}
            spellCheck={false}
            autoComplete="off"
            onChange={({ target }) => type(target.value)}
            onBlur={commit}
            onKeyDown={(event) => event.key === 'Enter' && commit()}
          />
        )}
      </Labelled>
    </div>
  )
}

function Parts({ editor, trigger, path, onChange }: PartProps) {
  const { definition, problems, run } = editor
  const { type, id } = trigger
  const surroundings = useMemo<Surroundings>(() => {
    const told = isObject(run?.trigger) && run.trigger['id'] === id ? run.trigger : undefined
    const names = () => [triggerName([type], told), varsName(definition)]
    const scope = { vars: definition.vars ?? {}, ...(told && { trigger: told }) }
    return { problems, focus: null, names, trial: { scope } }
  }, [problems, definition, run, type, id])
  const set: Give = (next, at) => isObject(next) && onChange(next as TriggerDefinition, at)
  const fields: { [key: string]: Json } = trigger
  return (
    <SurroundingsContext value={surroundings}>
      <TriggerFields value={fields} path={path} onChange={set} />
      {type !== 'manual' && (
        <FieldView
          field={INPUT}
          value={fields['input']}
          path={below(path, 'input')}
          siblings={{}}
          onChange={(next, at) => set(withKey(fields, 'input', next), at)}
        />
      )}
    </SurroundingsContext>
  )
}
