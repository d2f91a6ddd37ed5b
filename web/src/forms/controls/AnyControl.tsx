/** A value of any type, drawn as what it is. */
import type { Mode } from '../anyValue'
import type { Field } from '../model'
import { JsonControl, NumberControl } from './SimpleControls'
import { ListControl } from './ListControl'
import { PairsControl } from './PairsControl'
import { TextControl } from './TextControl'
import type { ControlProps } from './types'
import { YesNo } from './YesNo'

const NUMBER = { kind: 'number', integer: false, least: undefined, most: undefined } as const

export function AnyControl(
  props: ControlProps & { mode: Mode; long: boolean; expressed: boolean; bare: boolean },
) {
  const { mode, long, expressed, bare, ...control } = props
  // An empty list or object is a value here, not nothing.
  const field: Field = { ...control.field, required: true }
  switch (mode) {
    case 'text':
      return (
        <TextControl
          {...control}
          long={long}
          scalars={['string']}
          expressed={expressed}
          keepEmpty={bare || control.field.required}
        />
      )
    case 'number':
      return <NumberControl {...control} control={NUMBER} />
    case 'boolean':
      return <YesNo {...control} />
    case 'fields':
      return <PairsControl {...control} field={field} of={{}} />
    case 'list':
      return <ListControl {...control} field={field} item={{}} />
    case 'null':
      return <p className="py-1 font-mono text-xs text-ink-faint">null</p>
    case 'json':
      return <JsonControl {...control} />
  }
}
