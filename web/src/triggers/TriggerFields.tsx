/**
 * What can be said of a trigger, by its type; of a workflow's and of a rule's. The problems come from what is around it.
 *
 * Its expressions read the event, or what the trigger tells; nothing of a run is there yet.
 */
import { useMemo } from 'react'

import type { Json } from '../api/types'
import { eventName, triggerName, type Extra } from '../expressions/scope'
import { JsonControl } from '../forms/controls/SimpleControls'
import type { Give } from '../forms/controls/types'
import { fieldOf } from '../forms/model'
import { below } from '../forms/paths'
import { withKey } from '../forms/place'
import { SchemaFields } from '../forms/SchemaFields'
import { SurroundingsContext, useSurroundings, type Surroundings } from '../forms/surroundings'
import { CLOCKS, schemaOf } from './schemas'
import { SignatureField } from './SignatureField'
import { NextTimes } from './NextTimes'

type Fields = { [key: string]: Json }

interface Props {
  value: Fields
  path: string
  onChange: Give
  /** It is the trigger of a rule. */
  rule?: boolean
}

export function TriggerFields({ value, path, onChange, rule = false }: Props) {
  const around = useSurroundings()
  const type = typeof value['type'] === 'string' ? value['type'] : ''
  const schema = useMemo(() => schemaOf(type, rule), [type, rule])
  const surroundings = useMemo<Surroundings>(() => {
    const names = (extra: Extra) => [extra.event ? eventName() : triggerName([type])]
    return { problems: around.problems, focus: around.focus, fixed: true, trial: null, names }
  }, [around.problems, around.focus, type])
  if (!schema) return <Unknown {...{ value, path, onChange }} />
  return (
    <SurroundingsContext value={surroundings}>
      <div className="space-y-3">
        {type === 'webhook' && (
          <SignatureField
            value={value['signature']}
            path={below(path, 'signature')}
            onChange={(next, at) => onChange(withKey(value, 'signature', next), at)}
          />
        )}
        <SchemaFields key={type} schema={schema} value={value} path={path} onChange={onChange} />
        {CLOCKS.includes(type) && <NextTimes clock={value} />}
      </div>
    </SurroundingsContext>
  )
}

function Unknown({ value, path, onChange }: Props) {
  return (
    <JsonControl
      field={{ ...fieldOf('trigger', {}), label: 'Trigger' }}
      value={value}
      path={path}
      onChange={onChange}
      wiring={{}}
      messages={[]}
      siblings={{}}
    />
  )
}
