import type { Json } from '../../api/types'
import type { Field } from '../model'

/** How a control is called and described; what `Labelled` hands over, or a name alone. */
export interface Wiring {
  id?: string
  'aria-label'?: string
  'aria-describedby'?: string
  'aria-invalid'?: true
}

/** `at`: the deepest place that changed, for the history. Undefined takes the field out. */
export type Give = (value: Json | undefined, at: string) => void

export interface ControlProps {
  field: Field
  value: Json | undefined
  path: string
  onChange: Give
  wiring: Wiring
  messages: readonly string[]
  /** The other fields of the same object. */
  siblings: { [key: string]: Json }
}
