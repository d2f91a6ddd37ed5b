/** The control that a field's model names. */
import type { Mode } from './anyValue'
import { AnyControl } from './controls/AnyControl'
import { BodyControl } from './controls/BodyControl'
import { BooleanControl } from './controls/BooleanControl'
import { CasesControl } from './controls/CasesControl'
import { ChoiceControl } from './controls/ChoiceControl'
import { CredentialControl } from './controls/CredentialControl'
import { ExpressionControl } from './controls/ExpressionControl'
import { ListControl } from './controls/ListControl'
import { ObjectControl } from './controls/ObjectControl'
import { PairsControl } from './controls/PairsControl'
import {
  CodeControl,
  DurationControl,
  JsonControl,
  NumberControl,
  PasswordControl,
} from './controls/SimpleControls'
import { TextControl } from './controls/TextControl'
import type { ControlProps } from './controls/types'
import { VariantsControl } from './controls/VariantsControl'
import type { Control, Variant } from './model'
import { secretIn } from './useSecretNames'

export interface Choices {
  mode: Mode | null
  variant: Variant | null
  setMode: (mode: Mode) => void
  setVariant: (variant: Variant) => void
}

interface Props extends ControlProps {
  choices: Choices
  expressed: boolean
  bare: boolean
}

/** Whether it consists of several controls, and so is a group with a name. */
export function isSeveral(control: Control, { mode, variant }: Choices): boolean {
  if (control.kind === 'any') return mode === 'fields' || mode === 'list'
  if (control.kind === 'variants') return variant?.type !== 'scalar'
  if (control.kind === 'expression') return control.condition
  return ['list', 'object', 'pairs', 'cases', 'body'].includes(control.kind)
}

export function ControlView({ choices, expressed, bare, ...props }: Props) {
  const { field, value } = props
  const { control } = field
  if (field.credential && !expressed && (value === undefined || secretIn(value) !== null)) {
    return <CredentialControl {...props} />
  }
  switch (control.kind) {
    case 'text':
      return <TextControl {...props} {...control} expressed={expressed} keepEmpty={bare} />
    case 'number':
      return <NumberControl {...props} control={control} />
    case 'boolean':
      return <BooleanControl {...props} />
    case 'choice':
      return <ChoiceControl {...props} choices={control.choices} />
    case 'duration':
      return <DurationControl {...props} />
    case 'password':
      return <PasswordControl {...props} />
    case 'code':
      return <CodeControl {...props} language={control.language} />
    case 'expression':
      return <ExpressionControl {...props} control={control} />
    case 'cases':
      return <CasesControl {...props} />
    case 'body':
      return <BodyControl />
    case 'list':
      return <ListControl {...props} item={control.item} />
    case 'object':
      return <ObjectControl {...props} schema={control.schema} bare={bare} />
    case 'pairs':
      return <PairsControl {...props} of={control.value} />
    case 'variants':
      return choices.variant ? (
        <VariantsControl {...props} variant={choices.variant} />
      ) : (
        <JsonControl {...props} />
      )
    case 'any':
      return (
        <AnyControl
          {...props}
          mode={choices.mode ?? 'json'}
          long={control.long}
          expressed={expressed}
          bare={bare}
        />
      )
    case 'json':
      return <JsonControl {...props} />
  }
}
