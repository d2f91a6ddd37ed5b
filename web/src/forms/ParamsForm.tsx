/** The parameters of a node, as its kind's schema draws them. */
import type { Json } from '../api/types'
import type { Kind } from '../editor/contract'
import { JsonControl } from './controls/SimpleControls'
import { PairsControl } from './controls/PairsControl'
import type { Give } from './controls/types'
import { Told } from './Frame'
import { layoutOf } from './layout'
import { fieldOf } from './model'
import { problemsAt } from './paths'
import { isObject } from './place'
import { SchemaFields } from './SchemaFields'
import { useSurroundings } from './surroundings'

interface Props {
  kind: Kind | undefined
  value: { [key: string]: Json }
  path: string
  onChange: Give
}

export function ParamsForm({ kind, value, path, onChange }: Props) {
  const { problems } = useSurroundings()
  const messages = problemsAt(problems, path).map(({ message }) => message)
  return (
    <div className="space-y-3">
      <Told messages={messages} />
      <Fields {...{ kind, value, path, onChange }} />
    </div>
  )
}

function Fields({ kind, value, path, onChange }: Props) {
  const whole = {
    field: { ...fieldOf('params', { type: 'object' }), label: 'Parameters' },
    value,
    path,
    onChange,
    wiring: {},
    messages: [],
    siblings: {},
  }
  if (!kind) return <JsonControl {...whole} />
  // Anything goes: names and values.
  if (!isObject(kind.params['properties'])) {
    return (
      <div role="group" aria-label="Parameters">
        <PairsControl {...whole} of={{}} />
      </div>
    )
  }
  const { parts, more } = layoutOf(kind.params)
  if (parts.length + more.length === 0) {
    return <p className="text-xs text-ink-soft">It takes no parameters.</p>
  }
  return <SchemaFields schema={kind.params} value={value} path={path} onChange={onChange} />
}
