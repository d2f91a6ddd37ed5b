/** An expression in the place of a field's fixed value. Written with its braces in the document, without them here. */
import { ExpressionField } from '../expressions/ExpressionField'
import { isTemplate, sourceOf, templateOf, wholeExpression } from '../expressions/template'
import { described } from './controls/TextControl'
import type { ControlProps } from './controls/types'
import { useExtra } from './useExtra'

export function ExpressedControl({ field, value, path, onChange, wiring, messages }: ControlProps) {
  const extra = useExtra(field)
  const whole = isTemplate(value) ? wholeExpression(value) : null
  // Text around the braces, or braces that aren't closed: shown as it is.
  const template = isTemplate(value) && whole === null
  const source = template ? value : (whole ?? (value === undefined ? '' : sourceOf(value)))
  return (
    <ExpressionField
      {...described(wiring)}
      template={template}
      label={field.label}
      value={source}
      extra={extra}
      messages={messages}
      shift={whole !== null && typeof value === 'string' ? value.indexOf(whole) : 0}
      focused={value === undefined}
      placeholder="an expression, such as input.name"
      onChange={(next) => onChange(template ? next || undefined : templateOf(next), path)}
    />
  )
}
