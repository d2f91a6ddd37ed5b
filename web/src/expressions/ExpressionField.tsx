/**
 * An expression or a template that is typed: names completed, its value below, mistakes underlined where they are.
 *
 * It draws no label: what is around it does, and hands over how it is called.
 */
import { useMemo } from 'react'

import { placeIn } from '../forms/paths'
import { useSurroundings } from '../forms/surroundings'
import { ExpressionEditor } from '../ui/code/ExpressionEditor'
import type { CodeMark } from '../ui/code/types'
import { LiveValue } from './LiveValue'
import type { Extra } from './scope'
import { markOf, rangeOf, whyUntried } from './trying'
import { useEvaluation } from './useEvaluation'
import { useCompletion } from './useWords'

export interface ExpressionFieldProps {
  value: string
  onChange: (source: string) => void
  label: string
  id?: string
  'aria-describedby'?: string
  'aria-invalid'?: true
  /** A text with `{{ … }}` in it; else an expression without braces. */
  template?: boolean
  long?: boolean
  placeholder?: string
  focused?: boolean
  cursor?: number
  extra?: Extra
  /** Problems of the validation, which may say at which character. */
  messages?: readonly string[]
  /** Where the text begins in the one that the messages are of, whose braces aren't shown. */
  shift?: number
  /** Without its value: where others show it. */
  quiet?: boolean
}

const NO_EXTRA: Extra = {}
const NO_MESSAGES: readonly string[] = []

export function ExpressionField(props: ExpressionFieldProps) {
  const { value, template = false, long = false, extra = NO_EXTRA, messages = NO_MESSAGES } = props
  const { quiet = false, shift = 0 } = props
  const { trial } = useSurroundings()
  const complete = useCompletion(template, extra)
  const { result, source } = useEvaluation(value, template ? 'template' : 'expression', trial, extra)
  const told = messages.join('\n')
  const marks = useMemo(
    () => [...problemMarks(told, source, shift), ...(told ? [] : markOf(result ?? undefined, source))],
    [told, source, result, shift],
  )
  const { label, id, placeholder, focused, cursor } = props
  return (
    <div className="min-w-0 space-y-1">
      <ExpressionEditor
        template={template}
        value={value}
        onChange={props.onChange}
        label={label}
        singleLine={!long}
        complete={complete}
        marks={marks}
        className={long ? 'max-h-72 min-h-16 [&_.cm-content]:min-h-16' : ''}
        {...(id && { id })}
        {...(props['aria-describedby'] && { 'aria-describedby': props['aria-describedby'] })}
        {...(props['aria-invalid'] && { 'aria-invalid': true as const })}
        {...(placeholder && { placeholder })}
        {...(focused && { focused, cursor: cursor ?? 0 })}
      />
      {!quiet && messages.length === 0 && (!template || value.includes('{{')) && (
        <LiveValue result={result} otherwise={whyUntried(value, trial, extra)} />
      )}
    </div>
  )
}

function problemMarks(told: string, source: string, shift: number): CodeMark[] {
  return told.split('\n').flatMap((message) => {
    const at = placeIn(message)
    return at === null
      ? []
      : [{ ...rangeOf(source, Math.max(0, at - shift)), message, severity: 'error' as const }]
  })
}
