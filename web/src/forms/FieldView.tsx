/**
 * One field of a form: its control as the model says, or an expression in the place of a fixed value.
 *
 * `bare` is a row of a list: no label is drawn. `inner` is a field in another one's place, which has the toggles already.
 */
import { useState, type ReactNode } from 'react'

import type { Json } from '../api/types'
import { expressedOf, fixedOf, isTemplate } from '../expressions/template'
import { convert, modeOf, MODES, type Mode } from './anyValue'
import { ControlView, isSeveral, type Choices } from './ControlView'
import type { Give } from './controls/types'
import { inForm, variantFor, VariantSelect } from './controls/VariantsControl'
import { ExpressedControl } from './ExpressedControl'
import { Frame } from './Frame'
import type { Control, Field, Variant } from './model'
import { messagesUnder, problemsAt } from './paths'
import { useSurroundings } from './surroundings'
import { ExpressionToggle, ModeSelect, SecretMenu } from './Toggles'
import { secretIn, secretText } from './useSecretNames'

export interface FieldViewProps {
  field: Field
  value: Json | undefined
  path: string
  siblings: { [key: string]: Json }
  onChange: Give
  required?: boolean
  bare?: boolean
  inner?: boolean
}

const FIXED_ONLY: readonly Control['kind'][] = ['expression', 'cases', 'body', 'code', 'password']

export function FieldView(props: FieldViewProps) {
  const { field, value, path, siblings, bare = false, inner = false } = props
  const { problems, fixed = false } = useSurroundings()
  const [expressed, express] = useState(false)
  const choices = useChoices(field.control, value)
  const asText = takesText(field.control, choices)
  const toggled =
    !fixed && (expressed || (isTemplate(value) && !(field.credential && secretIn(value) !== null)))
  const expression = toggled && !asText && !FIXED_ONLY.includes(field.control.kind)
  const several = !expression && isSeveral(field.control, choices)
  const messages =
    several || field.control.kind === 'boolean'
      ? problemsAt(problems, path).map(({ message }) => message)
      : messagesUnder(problems, path)
  // An expression stays one while it is edited, even when nothing of it is left: the cursor is in its field.
  const onChange: Give = (next, at) => {
    if (toggled) express(true)
    props.onChange(next, at)
  }
  const toggle = (on: boolean) => {
    express(on)
    const next = on ? expressedOf(value, asText) : fixedOf(value)
    if (next !== value) props.onChange(next, path)
  }
  const shared = { field, value, path, onChange, messages, siblings }
  return (
    <Frame
      field={field}
      required={props.required ?? field.required}
      path={path}
      // The field around an inner one tells its problems, and has its toggles.
      messages={inner ? [] : messages}
      bare={bare}
      several={several}
      aside={
        !inner && (
          <Aside {...{ field, value, path, choices, toggled, toggle, asText }} onChange={props.onChange} />
        )
      }
    >
      {(wiring) =>
        expression ? (
          <ExpressedControl {...shared} wiring={wiring} />
        ) : (
          <ControlView {...shared} wiring={wiring} choices={choices} expressed={toggled} bare={bare} />
        )
      }
    </Frame>
  )
}

/** Which of the forms that a value may take is drawn: its own, or the one that was chosen. */
function useChoices(control: Control, value: Json | undefined): Choices {
  const [mode, setMode] = useState<Mode | null>(null)
  const [variant, setVariant] = useState<Variant | null>(null)
  const own = control.kind === 'any' ? modeOf(value, control.first) : null
  const fits = control.kind === 'variants' ? variantFor(control.variants, value) : undefined
  return {
    // JSON shows any value; another choice stands while there is no value that says otherwise.
    mode: mode === 'json' || value === undefined ? (mode ?? own) : own,
    variant: value === undefined ? (variant ?? fits ?? null) : (fits ?? null),
    setMode,
    setVariant,
  }
}

function takesText(control: Control, { mode, variant }: Choices): boolean {
  if (control.kind === 'text') return true
  if (control.kind === 'variants') return variant?.type === 'scalar'
  return control.kind === 'any' && mode === 'text'
}

interface AsideProps {
  field: Field
  value: Json | undefined
  path: string
  onChange: Give
  choices: Choices
  toggled: boolean
  toggle: (on: boolean) => void
  asText: boolean
}

function Aside({ field, value, path, onChange, choices, toggled, toggle, asText }: AsideProps): ReactNode {
  const { fixed = false } = useSurroundings()
  const { control, label } = field
  const put = (name: string) => {
    const text = typeof value === 'string' ? value : ''
    onChange(text + secretText(name), path)
  }
  return (
    <span className="flex shrink-0 items-center gap-0.5">
      {control.kind === 'any' && choices.mode !== null && (
        <ModeSelect
          label={label}
          value={choices.mode}
          modes={MODES}
          onChange={(mode) => {
            choices.setMode(mode)
            const next = convert(value, mode)
            if (next !== value) onChange(next, path)
          }}
        />
      )}
      {control.kind === 'variants' && choices.variant && !(toggled && choices.variant.type !== 'scalar') && (
        <VariantSelect
          label={label}
          variants={control.variants}
          current={choices.variant}
          onChange={(variant) => {
            choices.setVariant(variant)
            if (value !== undefined) onChange(inForm(value, variant.type), path)
          }}
        />
      )}
      {field.secret && asText && !field.credential && <SecretMenu label={label} onChoose={put} />}
      {!fixed && !FIXED_ONLY.includes(control.kind) && (
        <ExpressionToggle label={label} pressed={toggled} onChange={toggle} />
      )}
    </span>
  )
}
