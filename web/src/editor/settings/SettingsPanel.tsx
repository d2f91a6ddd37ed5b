/** The workflow as a whole: what it is called, what it takes and gives, its constants, and how its runs go. */
import { useMemo } from 'react'

import type { Definition, Json } from '../../api/types'
import { FieldView } from '../../forms/FieldView'
import { Fold } from '../../forms/Fold'
import { Told } from '../../forms/Frame'
import { fieldOf } from '../../forms/model'
import { messagesUnder, problemsAt, problemsUnder } from '../../forms/paths'
import { isObject, withKey } from '../../forms/place'
import { SchemaFields } from '../../forms/SchemaFields'
import { SurroundingsContext } from '../../forms/surroundings'
import { useNodeSurroundings } from '../../forms/useNodeSurroundings'
import type { SettingsPanelProps } from '../contract'
import { AtOnce } from './AtOnce'
import { InputSchema } from './InputSchema'
import { ABOUT, RUNS } from './schemas'

const NOWHERE: readonly string[] = []
const VARS = {
  ...fieldOf('vars', { type: 'object' }),
  hint: 'Constants, which expressions read as vars.name.',
}
const OUTPUT = {
  ...fieldOf('output', {}),
  hint: "What a run gives. Without it: its last node's output.",
}

export function SettingsPanel({ editor }: SettingsPanelProps) {
  const { definition, problems, change } = editor
  const { surroundings } = useNodeSurroundings(editor, NOWHERE, null)
  const fixed = useMemo(() => ({ ...surroundings, fixed: true }), [surroundings])
  const set = (key: keyof Definition, value: unknown, at: string) =>
    change(withKey(definition, key, value), `Change ${key}`, at)
  const messages = (path: string) => messagesUnder(problems, path)
  const about = definition as unknown as { [key: string]: Json }
  return (
    <div className="divide-y divide-line">
      <SurroundingsContext value={fixed}>
        <div className="px-3 py-3">
          <SchemaFields
            schema={ABOUT}
            value={about}
            path=""
            onChange={(next, at) =>
              isObject(next) && change(next as unknown as Definition, 'Change the description', at)
            }
          />
        </div>
        <Fold title="Input" open={definition.input !== undefined} wanted={messages('input').length > 0}>
          <InputSchema
            value={definition.input}
            messages={messages('input')}
            onChange={(schema, at) => set('input', schema, at)}
          />
        </Fold>
        <Fold title="Constants" open={definition.vars !== undefined} wanted={messages('vars').length > 0}>
          <FieldView
            field={VARS}
            value={definition.vars}
            path="vars"
            siblings={{}}
            onChange={(next, at) => set('vars', next, at)}
          />
        </Fold>
      </SurroundingsContext>
      <SurroundingsContext value={surroundings}>
        <Fold title="Output" open={definition.output !== undefined} wanted={messages('output').length > 0}>
          <FieldView
            field={OUTPUT}
            value={definition.output}
            path="output"
            siblings={{}}
            onChange={(next, at) => set('output', next, at)}
          />
        </Fold>
      </SurroundingsContext>
      <SurroundingsContext value={fixed}>
        <Runs editor={editor} wanted={problemsUnder(problems, 'settings').length > 0} />
      </SurroundingsContext>
    </div>
  )
}

function Runs({ editor, wanted }: SettingsPanelProps & { wanted: boolean }) {
  const { definition, problems, change } = editor
  const settings = definition.settings ?? {}
  const give = (next: { [key: string]: Json }, at: string) =>
    change(
      withKey(definition, 'settings', Object.keys(next).length > 0 ? next : undefined),
      'Change settings',
      at,
    )
  return (
    <Fold title="Runs" note={Object.keys(settings).join(' · ')} wanted={wanted}>
      <Told messages={problemsAt(problems, 'settings').map(({ message }) => message)} />
      <SchemaFields
        schema={RUNS}
        value={settings}
        path="settings"
        onChange={(next, at) => isObject(next) && give(next, at)}
      />
      <AtOnce
        value={settings['max_concurrent_runs']}
        messages={messagesUnder(problems, 'settings.max_concurrent_runs')}
        onChange={(next) =>
          give(withKey(settings, 'max_concurrent_runs', next), 'settings.max_concurrent_runs')
        }
      />
    </Fold>
  )
}
