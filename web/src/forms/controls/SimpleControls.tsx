/** Numbers, lengths of time and code: one control each, with nothing inside. */
import { CodeField } from '../../ui/code/CodeField'
import { JsonEditor } from '../../ui/code/JsonEditor'
import { DurationInput, NumberInput, TextInput } from '../../ui/inputs'
import { useCompletion } from '../../expressions/useWords'
import type { Control } from '../model'
import { textOfScalar } from '../scalars'
import { useSurroundings } from '../surroundings'
import { useExtra } from '../useExtra'
import { described } from './TextControl'
import type { ControlProps } from './types'

export function NumberControl({
  field,
  value,
  path,
  onChange,
  wiring,
  control,
}: ControlProps & { control: Extract<Control, { kind: 'number' }> }) {
  return (
    <NumberInput
      {...wiring}
      value={typeof value === 'number' ? value : null}
      min={control.least}
      max={control.most}
      step={control.integer ? 1 : 'any'}
      placeholder={textOfScalar(field.default) || field.example}
      onChange={(next) => onChange(next ?? undefined, path)}
    />
  )
}

export function DurationControl({ field, value, path, onChange, wiring }: ControlProps) {
  return (
    <DurationInput
      {...wiring}
      value={textOfScalar(value)}
      placeholder={textOfScalar(field.default) || field.example || '30s'}
      onChange={(event) => onChange(event.target.value || undefined, path)}
    />
  )
}

export function PasswordControl({ field, value, path, onChange, wiring }: ControlProps) {
  const { kept = false } = useSurroundings()
  return (
    <TextInput
      {...wiring}
      type="password"
      autoComplete="new-password"
      spellCheck={false}
      required={field.required && !kept}
      placeholder={kept ? 'Stays as it is' : undefined}
      value={textOfScalar(value)}
      onChange={(event) => onChange(event.target.value || undefined, path)}
    />
  )
}

export function CodeControl({
  field,
  value,
  path,
  onChange,
  wiring,
  language,
}: ControlProps & { language: 'python' | 'text' }) {
  return (
    <CodeField
      {...described(wiring)}
      label={field.label}
      language={language}
      value={textOfScalar(value)}
      placeholder={field.example}
      className="max-h-96 [&_.cm-content]:min-h-28"
      onChange={(text) => onChange(text || undefined, path)}
    />
  )
}

/** Whatever has no better form. */
export function JsonControl({ field, value, path, onChange, wiring }: ControlProps) {
  const complete = useCompletion(true, useExtra(field))
  return (
    <JsonEditor
      {...described(wiring)}
      label={field.label}
      value={value}
      optional
      complete={complete}
      className="max-h-96 [&_.cm-content]:min-h-20"
      onChange={(next) => onChange(next, path)}
    />
  )
}
