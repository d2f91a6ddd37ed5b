/**
 * Shapes of the generated description with their open values as `Json`.
 *
 * The generator knows such values as `unknown`; what comes over the wire is always JSON.
 */
import type { components } from './schema'
import type { Json } from './types'

export type Schemas = components['schemas']

type Told<T> = unknown extends T
  ? Json
  : T extends (infer Item)[]
    ? Told<Item>[]
    : T extends object
      ? { [Key in keyof T]: Told<T[Key]> }
      : T

export type Shape<Name extends keyof Schemas> = Told<Schemas[Name]>
