/** A field that takes more than one form of value: which one is chosen by its value, or by the person while there is none. */
import { isObject } from '../place'
import { FieldView } from '../FieldView'
import { fieldOf, type Variant } from '../model'
import { ModeSelect } from '../Toggles'
import type { Json } from '../../api/types'
import type { ControlProps } from './types'

export function variantFor(variants: readonly Variant[], value: Json | undefined): Variant | undefined {
  const type = Array.isArray(value) ? 'array' : isObject(value) ? 'object' : 'scalar'
  return value === undefined ? variants[0] : variants.find((variant) => variant.type === type)
}

export function VariantsControl({
  field,
  value,
  path,
  onChange,
  variant,
}: ControlProps & { variant: Variant }) {
  const inner = fieldOf(field.name, variant.schema, field.required, field.secret)
  return (
    <FieldView
      bare
      inner
      field={{ ...inner, label: field.label, example: field.example, hint: '' }}
      value={value}
      path={path}
      siblings={{}}
      onChange={onChange}
    />
  )
}

/** What is kept of a value when it takes another form. */
export function inForm(value: Json | undefined, type: string): Json | undefined {
  if (type === 'array') return Array.isArray(value) ? value : value === undefined ? [] : [value]
  if (type === 'object') return isObject(value) ? value : {}
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'object' ? undefined : first
}

export function VariantSelect({
  label,
  variants,
  current,
  onChange,
}: {
  label: string
  variants: readonly Variant[]
  current: Variant
  onChange: (variant: Variant) => void
}) {
  return (
    <ModeSelect
      label={label}
      value={String(variants.indexOf(current))}
      modes={variants.map((variant, index) => ({ value: String(index), label: variant.label }))}
      onChange={(index) => {
        const chosen = variants[Number(index)]
        if (chosen) onChange(chosen)
      }}
    />
  )
}
